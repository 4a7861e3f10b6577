import type {BlockSpectrum, LayerSpectrum, LayerwiseSpectra} from '../metrics/records.js';

/** A row of the report: the network or a layer. */
export interface ReportBlock {
  readonly label: string;
  readonly spectrum: BlockSpectrum;
  /** The spectrum of the layer; `null` for the network. */
  readonly layer: LayerSpectrum | null;
}

/** The rows of the report: the network, then its layers. */
export function reportBlocks({full, layers}: LayerwiseSpectra): ReportBlock[] {
  return [
    {label: 'whole network', spectrum: full, layer: null},
    ...layers.map(layer => ({label: layer.name, spectrum: layer, layer})),
  ];
}
