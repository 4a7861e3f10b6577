"""Checks of derivatives that share no code with them: differences of the loss itself, in float64."""
import numpy as np

# From steps that see the fourth derivative to steps that see rounding; where a switch (ReLU, max) lies near, only the
# small ones are right.
STEPS = 2.0 ** -np.arange(4.0, 20.0)


def extrapolated(differences, rounding):
    """Richardson's extrapolation of central differences for halved steps: the best estimate, and its error."""
    estimates = (4 * differences[1:] - differences[:-1]) / 3
    errors = np.abs(np.diff(estimates)) + rounding[2:]
    best = int(np.argmin(errors))
    return estimates[best + 1], errors[best]


def check(what, exact, difference, error, scale):
    """Fails where the two disagree by more than the difference's own error, or where that says nothing."""
    if error > 1e-4 * scale:
        raise AssertionError(f"{what}: the difference is only good to {error:.1e}, too little beside {scale:.1e}")
    if abs(exact - difference) > 10 * error + 1e-9 * scale:
        raise AssertionError(f"{what}: {exact}, but the difference says {difference} ± {error:.1e}")


def check_directional(what, f, first, second, scale):
    """f(h) is the loss at θ + h v; `first` must be ∇Lᵀv, `second` vᵀHv."""
    middle, plus, minus = f(0.0), *(np.array([f(sign * h) for h in STEPS]) for sign in (1, -1))
    unit = np.finfo(float).eps * max(1.0, abs(middle))
    check(f"{what}: gradient", first, *extrapolated((plus - minus) / (2 * STEPS), unit / STEPS), max(1.0, abs(first)))
    curvature = (plus - 2 * middle + minus) / STEPS**2
    check(f"{what}: vᵀHv", second, *extrapolated(curvature, 4 * unit / STEPS**2), scale)


def check_gradient(what, q, slope):
    """q(h) is vᵀHv at θ + h u; `slope` must be its derivative."""
    steps = STEPS[2:]
    plus, minus = (np.array([q(sign * h) for h in steps]) for sign in (1, -1))
    rounding = 8 * np.finfo(float).eps * max(1.0, abs(plus[-1])) / steps
    check(what, slope, *extrapolated((plus - minus) / (2 * steps), rounding), max(1.0, abs(slope)))
