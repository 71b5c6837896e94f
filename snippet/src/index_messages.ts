import { install } from './install'
import * as runtime from './messages/runtime'

install(runtime.start)
