import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import App from './App.vue'
import Home from './Home.vue'
import Products from './Products.vue'
import { passerby } from './passerby'

const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: Home, meta: { title: 'Vases' } },
    { path: '/products', component: Products, meta: { title: 'All vases' } },
  ],
})
router.afterEach((to) => {
  document.title = to.meta.title
})

createApp(App)
  .use(router)
  .use(passerby, { writeKey: import.meta.env.VITE_PASSERBY_WRITE_KEY, ingest: import.meta.env.VITE_PASSERBY_INGEST })
  .mount('#app')
