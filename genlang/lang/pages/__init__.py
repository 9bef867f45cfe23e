"""Pages of distributions: supports, densities, and the spellings of other systems."""

from genlang.lang.pages import discrete, positive, real, vectors
from genlang.lang.pages.page import Page

PAGES: dict[str, Page] = {
    page.name: page for page in (*real.ROWS, *positive.ROWS, *discrete.ROWS, *vectors.ROWS)
}
