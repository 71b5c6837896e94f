import { inject } from 'vue'
import { init } from 'passerby-snippet'

const KEY = Symbol('passerby')

/** `app.use(passerby, options)`: in templates it is `$passerby`, in `<script setup>` `usePasserby()`. */
export const passerby = {
  install(app, options) {
    const instance = init(options)
    app.config.globalProperties.$passerby = instance
    app.provide(KEY, instance)
  },
}

export const usePasserby = () => inject(KEY)
