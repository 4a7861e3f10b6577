import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitepress';
import {anchorOf, siteLinks} from '../links.js';
import {addressOf, GENERATED} from '../published.js';
import {apiSidebar, docsSidebar} from '../sidebar.js';

const source = (name: string): string => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
const others = ['bench', 'examples', 'node_modules', 'scripts', 'src', 'study', 'test', 'dist', 'coverage'];

export default defineConfig({
  title: 'tfjs-hessian',
  description: 'Measure the curvature of the loss while a TensorFlow.js model trains, and penalize it.',
  lang: 'en',
  // The pages are the files of the repository, where they are.
  srcDir: '..',
  srcExclude: [...others.map(folder => `${folder}/**`), `out/!(${GENERATED.slice(4)})/**`, 'out/*.md', '.*/**'],
  rewrites: addressOf,
  outDir: '../out/site',
  cacheDir: '../node_modules/.cache/vitepress',
  head: [['link', {rel: 'icon', href: 'data:,'}]],
  markdown: {
    anchor: {slugify: anchorOf},
    config(md) {
      siteLinks(md);
      // Formulas, which a narrow page scrolls, also by keyboard.
      const block = md.renderer.rules.code_block!;
      md.renderer.rules.code_block = (...args) => block(...args).replace('<pre', '<pre tabindex="0"');
    },
    image: {lazyLoading: true},
    theme: {light: 'github-light-high-contrast', dark: 'github-dark-high-contrast'},
  },
  vite: {
    publicDir: fileURLToPath(new URL('../public', import.meta.url)),
    resolve: {
      alias: [
        {find: /^tfjs-hessian$/, replacement: source('index')},
        {find: /^tfjs-hessian\/(\w+)$/, replacement: source('$1')},
      ],
    },
    worker: {format: 'es'},
    build: {chunkSizeWarningLimit: 4096},
  },
  themeConfig: {
    search: {provider: 'local'},
    outline: {level: [2, 3]},
    docFooter: {prev: false, next: false},
    nav: [
      {text: 'Docs', link: '/docs/', activeMatch: '^/(docs|overview|features|contributing)'},
      {text: 'Quick start', link: '/docs/quick-start'},
      {text: 'Playground', link: '/playground'},
      {text: 'API', link: '/api/', activeMatch: '^/api/'},
    ],
    sidebar: {'/api/': apiSidebar(), '/': docsSidebar()},
    footer: {message: 'Apache-2.0 license'},
  },
});
