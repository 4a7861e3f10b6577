/** The kernels that pool and convolve over a number of spatial axes. */
export interface PoolKernels {
  readonly spatialAxes: 2 | 3;
  readonly average: string;
  readonly averageGradient: string;
  readonly max: string;
  readonly maxGradient: string;
  readonly convolution: string;
  readonly dataFormat: string;
}

export const poolKernels2D: PoolKernels = {
  spatialAxes: 2,
  average: 'AvgPool',
  averageGradient: 'AvgPoolGrad',
  max: 'MaxPool',
  maxGradient: 'MaxPoolGrad',
  convolution: 'Conv2D',
  dataFormat: 'NHWC',
};

export const poolKernels3D: PoolKernels = {
  spatialAxes: 3,
  average: 'AvgPool3D',
  averageGradient: 'AvgPool3DGrad',
  max: 'MaxPool3D',
  maxGradient: 'MaxPool3DGrad',
  convolution: 'Conv3D',
  dataFormat: 'NDHWC',
};
