/** Distance from 1 to the next float32. */
export const FLOAT32_EPSILON = 2 ** -23;

/** A vector that is as short as this, in units of ‖A‖, is rounding and not a direction. */
export const BREAKDOWN = 16 * FLOAT32_EPSILON;

/** Rounding of the products and of the recurrence changes a Ritz pair's residual by no more than this times ‖A‖. */
export const ROUNDING_FLOOR = 4 * FLOAT32_EPSILON;
