import type {Theme} from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import {h} from 'vue';
import dark from '../../../docs/pictures/dashboard-dark.png';
import light from '../../../docs/pictures/dashboard-light.png';
import './style.css';

const alt = 'The live page of a training: spectra of each layer over time, traces, largest eigenvalues';

/** The live page as a picture, in the theme of the site. */
const livePage = () =>
  [light, dark].map((src, i) => h('img', {src, alt, class: ['live-page', i === 0 ? 'for-light' : 'for-dark']}));

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, {'home-hero-image': livePage}),
} satisfies Theme;
