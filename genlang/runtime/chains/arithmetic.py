"""What the compiled kernels share: how they are compiled, a vectorized exp, powers of two.

Indices are unsigned in inner loops: an index that may be negative counts from the end in Python,
and the test for it keeps LLVM from vectorizing.
"""

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

# Reductions may be reordered; infinities and NaN keep their meaning.
FAST = {"reassoc", "contract", "nsz", "arcp"}
U = np.uint64

# log2(e), ln(2) in two parts, and the number whose addition rounds to an integer in the low bits.
_LOG2E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_ROUND = 6755399441055744.0
LN2 = math.log(2.0)
# exp of less is taken for LEAST: above 0, as only impossible states weigh exactly 0.
LOWEST = -690.0
LEAST = math.exp(LOWEST)


def compiled(*, reorder: bool = True) -> Callable[[Any], Any]:
    """Compile with numba, cached on disk where any folder for that can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": FAST if reorder else False}

    def compile_(function: Any) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # no place for a cache
            return numba.njit(**options)(function)

    return compile_


@intrinsic
def _bits(typing, x):
    """The bits of a float as an integer."""
    del typing, x

    def build(context, builder, signature, args):
        del context, signature
        return builder.bitcast(args[0], ir.IntType(64))

    return numba.int64(numba.float64), build


@intrinsic
def _float(typing, x):
    """The float that has the bits of an integer."""
    del typing, x

    def build(context, builder, signature, args):
        del context, signature
        return builder.bitcast(args[0], ir.DoubleType())

    return numba.float64(numba.int64), build


@compiled(reorder=False)
def exp(x):
    """Return the exponential of x <= 0, to two units: 2^n times a series at |r| <= ln(2) / 2.

    Exactly 0 at -inf. Without branches, on bits (after Cephes), so that loops are vectorized.
    """
    turns = x * _LOG2E + _ROUND
    n = turns - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * (r * r) + r + 1.0
    value = _float(_bits(p) + (_bits(turns) << 52))
    value = LEAST if x < LOWEST else value
    value = 0.0 if x == -math.inf else value
    return x if x != x else value


@compiled(reorder=False)
def power(x):
    """Return the exponent n of x = m 2^n > 0, 1 <= m < 2 (0 for 0, infinity and NaN)."""
    n = ((_bits(x) >> 52) & 0x7FF) - 1023
    return n if -1023 < n < 1024 else 0


@compiled(reorder=False)
def two_to(n):
    """Return 2^n for -1022 <= n <= 1023."""
    return _float((n + 1023) << 52)
