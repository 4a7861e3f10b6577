// The entry point `tfjs-hessian`. What these files do not list is not public.

export {advise} from './advice/advise.js';
export type {Finding, FindingLevel} from './advice/finding.js';
export type {AdviceContext} from './advice/history.js';
export {fasterGradients} from './autodiff/gradients/faster-gradients.js';
export type {Jet, KernelCall, KernelRule, Push, Tangents} from './autodiff/rules/rule.js';
export {bilinear, constant, elementwise, linear} from './autodiff/rules/rule-constructors.js';
export {registerTangentRule} from './autodiff/rules/rule-table.js';
export type {SampleService} from './callbacks/background/sample-service.js';
export type {SampleWorker, SampleWorkerEvent} from './callbacks/background/sample-worker.js';
export type {SampleScope, ServeSamplesArgs} from './callbacks/background/serve-samples.js';
export {serveSamples} from './callbacks/background/serve-samples.js';
export type {BackgroundArgs, BatchSource, HessianSpectrumCallbackArgs} from './callbacks/callback-args.js';
export type {CallbackState} from './callbacks/callback-state.js';
export type {EstimateCostArgs} from './callbacks/cost/estimate-cost.js';
export {estimateCost} from './callbacks/cost/estimate-cost.js';
export type {SampleCostEstimate} from './callbacks/cost/measured-cost.js';
export type {SampleArgs} from './callbacks/hessian-spectrum-callback.js';
export {HessianSpectrumCallback} from './callbacks/hessian-spectrum-callback.js';
export type {GradientsArgs, MeasurementArgs} from './callbacks/measurement-args.js';
export type {EdgeOfStabilityGuardArgs, LoweredLearningRate} from './callbacks/reacting/edge-of-stability-guard.js';
export {EdgeOfStabilityGuard} from './callbacks/reacting/edge-of-stability-guard.js';
export type {SharpnessStoppingArgs} from './callbacks/reacting/sharpness-stopping.js';
export {SharpnessStopping} from './callbacks/reacting/sharpness-stopping.js';
export type {Logs} from './callbacks/sample-logs.js';
export type {CurvatureName} from './callbacks/sampling/curvatures.js';
export type {GeometricArgs, Schedule, ScheduleContext} from './callbacks/schedules.js';
export {
  allOf,
  anyOf,
  atBatches,
  atEpochs,
  everyBatches,
  everyEpochs,
  geometric,
  onTrainBegin,
  onTrainEnd,
  when,
  withinBudget,
} from './callbacks/schedules.js';
export {
  ClusterError,
  DisposedError,
  EngineError,
  EngineSetupError,
  InvalidArgumentError,
  NotAHessianError,
  TfjsHessianError,
  UnsupportedKernelError,
  UnsupportedLayerError,
} from './errors.js';
export type {ConditionNumber, ConditionNumberArgs} from './estimators/condition-number.js';
export {conditionNumber} from './estimators/condition-number.js';
export type {ConjugateGradientArgs, ConjugateGradientResult} from './estimators/conjugate-gradient.js';
export {conjugateGradient} from './estimators/conjugate-gradient.js';
export type {Coupling, CouplingArgs} from './estimators/coupling.js';
export {coupling} from './estimators/coupling.js';
export type {DiagonalArgs, DiagonalMethod} from './estimators/diagonal.js';
export {diagonal, diagonalSquares} from './estimators/diagonal.js';
export type {DiagonalEstimate} from './estimators/diagonals/diagonal-estimate.js';
export type {EffectiveDimensionArgs} from './estimators/effective-dimension.js';
export {effectiveDimension} from './estimators/effective-dimension.js';
export type {Eigenspace, EigenspaceArgs} from './estimators/eigenspace.js';
export {eigenspace, subspaceOverlap} from './estimators/eigenspace.js';
export type {Eigenvalues, EigenvaluesArgs, WhichEigenvalues} from './estimators/eigenvalues.js';
export {eigenvalues} from './estimators/eigenvalues.js';
export type {FrobeniusNormArgs} from './estimators/frobenius.js';
export {frobeniusNorm} from './estimators/frobenius.js';
export type {LayerwiseSpectraArgs} from './estimators/layerwise-spectra.js';
export {layerwiseSpectra} from './estimators/layerwise-spectra.js';
export type {LogDeterminantArgs} from './estimators/log-determinant.js';
export {logDeterminant} from './estimators/log-determinant.js';
export type {LossSurface, LossSurfaceArgs, SurfaceDirections} from './estimators/loss-surface.js';
export {lossSurface} from './estimators/loss-surface.js';
export type {MagnitudeOverlap, MagnitudeOverlapArgs} from './estimators/magnitude-overlap.js';
export {magnitudeOverlap} from './estimators/magnitude-overlap.js';
export type {MiniBatchEigenvaluesArgs} from './estimators/mini-batch-eigenvalues.js';
export {miniBatchEigenvalues} from './estimators/mini-batch-eigenvalues.js';
export type {SpectralDensityArgs} from './estimators/spectral-density.js';
export {spectralDensity} from './estimators/spectral-density.js';
export type {SpectrumArgs} from './estimators/spectrum.js';
export {spectrum} from './estimators/spectrum.js';
export type {Stability, StabilityArgs} from './estimators/stability.js';
export {stability} from './estimators/stability.js';
export type {SurfaceDirection} from './estimators/surface/given-direction.js';
export type {TraceArgs, TraceMethod} from './estimators/trace.js';
export {trace} from './estimators/trace.js';
export type {SpectrumSource, TraceOfFunctionArgs} from './estimators/trace-of-function.js';
export {traceOfFunction} from './estimators/trace-of-function.js';
export type {LongWorkArgs, Progress} from './long-work.js';
export type {MetricName} from './metrics/built-in.js';
export {builtInMetrics} from './metrics/built-in.js';
export {heterogeneity} from './metrics/comparison/heterogeneity.js';
export {middleMostSimilar} from './metrics/comparison/middle-most-similar.js';
export type {SimilarityEstimate} from './metrics/comparison/similarity.js';
export {similarity, similarityEstimate} from './metrics/comparison/similarity.js';
export {traceShare} from './metrics/comparison/trace-share.js';
export type {SpectralDensity} from './metrics/density.js';
export {densityOf} from './metrics/density.js';
export {edgeOfStability} from './metrics/edge-of-stability.js';
export {effectiveRank} from './metrics/effective-rank.js';
export type {Metric, MetricContext} from './metrics/metric.js';
export {negativeMass} from './metrics/negative-mass.js';
export {outliers} from './metrics/outliers.js';
export {powerLawExponent} from './metrics/power-law-exponent.js';
export type {
  BlockGradient,
  BlockSpectrum,
  DensityRecord,
  Estimate,
  GradientRecord,
  LayerSpectrum,
  LayerwiseSpectra,
  RitzValue,
  SpectralSimilarity,
  StabilityRecord,
} from './metrics/records.js';
export {relativeFlatness} from './metrics/relative-flatness.js';
export {spectralNormRatio} from './metrics/spectral-norm-ratio.js';
export type {PowerLaw, PowerLawArgs} from './metrics/statistics/power-law.js';
export {powerLaw} from './metrics/statistics/power-law.js';
export type {Trend, TrendArgs} from './metrics/statistics/trend.js';
export {trendOf} from './metrics/statistics/trend.js';
export type {Batch, TensorsByName} from './model/batch.js';
export {compileTraining} from './model/compiled-training/compile-training.js';
export type {LayerSelection} from './model/layers/layer-selection.js';
export type {WeightSelection} from './model/layers/weight-selection.js';
export type {NamedVariable, WeightedLayer} from './model/layers/weighted-layers.js';
export type {WorkerScope} from './model/sent/worker-scope.js';
export {releaseGraphs} from './native/graph-pool.js';
export type {ActivationHessianArgs, ActivationOperator, InputHessianArgs} from './operators/activation-hessian.js';
export {activationHessian, inputHessian} from './operators/activation-hessian.js';
export type {
  AxisSelection,
  BlockSelection,
  IndexBlockArgs,
  WeightBlockArgs,
} from './operators/blocks/block-selection.js';
export type {CurvatureBlock} from './operators/blocks/curvature-block.js';
export type {CurvatureOperator} from './operators/blocks/network-operator.js';
export {blockIndices} from './operators/blocks/selected-block.js';
export type {CurvatureArgs} from './operators/curvature-args.js';
export {empiricalFisher} from './operators/empirical-fisher.js';
export type {FisherArgs} from './operators/fisher.js';
export {fisher} from './operators/fisher.js';
export type {
  BatchDataset,
  DatasetElement,
  TensorFlowDataset,
  TensorFlowIterator,
} from './operators/from-model/batch-dataset.js';
export {gaussNewton} from './operators/gauss-newton.js';
export type {HessianArgs, VariableGroups} from './operators/hessian.js';
export {hessian} from './operators/hessian.js';
export type {
  LayerSlice,
  LinearOperator,
  MatvecOperator,
  NetworkOperator,
  WeightSlice,
} from './operators/linear-operator.js';
export type {OptimizerEdge, OptimizerRule} from './operators/preconditioning/optimizer-edge.js';
export {registerOptimizer} from './operators/preconditioning/optimizer-rule.js';
export {preconditioned} from './operators/preconditioning/preconditioned.js';
export type {QuadraticForm, QuadraticFormArgs} from './operators/quadratic-form.js';
export {quadraticForm} from './operators/quadratic-form.js';
export {residualHessian} from './operators/residual-hessian.js';
export type {RoundingErrorArgs} from './operators/rounding-error.js';
export {roundingError} from './operators/rounding-error.js';
export type {SampleCurvatureArgs} from './operators/sample-curvature.js';
export {sampleCurvature} from './operators/sample-curvature.js';
export type {ProductPlacement, ProductSource, ProductWorkers} from './operators/shards/product-workers.js';
export type {ServeProductsArgs} from './operators/shards/serve-products.js';
export {serveProducts} from './operators/shards/serve-products.js';
export {shifted} from './operators/shifted.js';
export type {ProbeDistribution} from './random.js';
export type {AttachedRegularizer, AttachRegularizerArgs} from './regularizers/attach-regularizer.js';
export {attachRegularizer} from './regularizers/attach-regularizer.js';
export {explainStep} from './regularizers/explain-step.js';
export type {
  DirectionArgs,
  HessianTraceRegularizerArgs,
  StrengthSchedule,
} from './regularizers/hessian-trace-regularizer.js';
export {HessianTraceRegularizer} from './regularizers/hessian-trace-regularizer.js';
export type {LayerDirectionArgs} from './regularizers/layer-penalty.js';
export type {PenalizedLoss} from './regularizers/penalized.js';
export {penalized} from './regularizers/penalized.js';
export type {PenaltyPoint} from './regularizers/penalty-stream.js';
export type {SuggestedStrength} from './regularizers/strength/measured-strength.js';
export type {SuggestStrengthArgs} from './regularizers/strength/suggest-strength.js';
export {suggestStrength} from './regularizers/strength/suggest-strength.js';
export type {SweepPoint} from './regularizers/strength/sweep-points.js';
export type {TracePenalty} from './regularizers/trace-penalty.js';
export {bufferRun} from './streams/buffer-run.js';
export {forLayer} from './streams/for-layer.js';
export type {HessianSample, SampleCost, SampleFailure} from './streams/hessian-sample.js';
export type {MetricPoint} from './streams/metric-points.js';
export {smooth} from './streams/smooth.js';
export type {SampleRow} from './streams/to-rows.js';
export {toRows} from './streams/to-rows.js';
export type {TrendPoint, TrendWindowArgs} from './streams/trend.js';
export {trend} from './streams/trend.js';
export {whenAbove} from './streams/when-above.js';
export type {WarningCode, WarningListener} from './warnings.js';
export {onWarning, TfjsHessianWarning} from './warnings.js';
