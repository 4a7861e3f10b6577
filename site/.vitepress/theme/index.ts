import type {Theme} from 'vitepress';
import {useData} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {defineComponent, h, onMounted, watch} from 'vue';
import dark from '../../../docs/pictures/dashboard-dark.png';
import light from '../../../docs/pictures/dashboard-light.png';
import './style.css';

const alt = 'The live page of a training: spectra of each layer over time, traces, largest eigenvalues';

/** The live page as a picture, in the theme of the site. */
const livePage = () =>
  [light, dark].map((src, i) => h('img', {src, alt, class: ['live-page', i === 0 ? 'for-light' : 'for-dark']}));

/** The home layout of VitePress has no landmark for its content. */
const Layout = defineComponent(() => {
  const {frontmatter} = useData();
  const mark = () => {
    const content = document.getElementById('VPContent');
    if (frontmatter.value.layout === 'home') content?.setAttribute('role', 'main');
    else content?.removeAttribute('role');
  };
  onMounted(mark);
  watch(frontmatter, mark, {flush: 'post'});
  return () => h(DefaultTheme.Layout, null, {'home-hero-image': livePage});
});

export default {extends: DefaultTheme, Layout} satisfies Theme;
