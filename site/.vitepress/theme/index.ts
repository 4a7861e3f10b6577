import type {Theme} from 'vitepress';
import {useData} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {defineComponent, h, onMounted, watch} from 'vue';
import dark from '../../../docs/pictures/dashboard-dark.png';
import light from '../../../docs/pictures/dashboard-light.png';
import './style.css';

const alt = 'The live page of a training: spectra of each layer over time, traces, largest eigenvalues';

/** The size of both pictures, so that the page does not move when they come. */
const size = {width: 1440, height: 1094};

/** The live page as a picture, in the theme of the site. The one that is not shown is not fetched. */
const livePage = () => [
  h('img', {src: light, alt, ...size, fetchpriority: 'high', class: 'live-page for-light'}),
  h('img', {src: dark, alt, ...size, loading: 'lazy', class: 'live-page for-dark'}),
];

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
