"""Pages of distributions: supports, densities, and the spellings of other systems."""

from genlang.lang.distributions import DISTRIBUTIONS
from genlang.lang.pages import around, discrete, positive, real, vectors
from genlang.lang.pages.page import Page

SECTIONS: dict[str, tuple[Page, ...]] = {
    "The whole line": real.ROWS,
    "Positive numbers, and numbers between 0 and 1": positive.ROWS,
    "Whole numbers": discrete.ROWS,
    "Vectors and matrices": vectors.ROWS,
    "Around a distribution": around.ROWS,
}
# A page may stand before its distribution does.
PAGES: dict[str, Page] = {
    page.name: page for rows in SECTIONS.values() for page in rows if page.name in DISTRIBUTIONS
}
