import {dataSetTitles} from '../config.js';
import {networkTitles} from '../recipe/networks.js';
import type {ProtocolSettingName} from './settings.js';
import {protocolSettings} from './settings.js';

/** `MNIST, LeNet-5` */
export function protocolTitle(setting: string): string {
  const {network, dataSet} = protocolSettings[setting as ProtocolSettingName];
  return `${dataSetTitles[dataSet]}, ${networkTitles[network]}`;
}
