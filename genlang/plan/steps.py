"""What a plan is made of: pieces of the log density, and the steps that take them apart."""

from genlang.check.model import Draw, Expr, Loop, Statement, Variable
from genlang.plan.graph import Term
from genlang.plan.lags import Lag
from genlang.plan.support import Support
from genlang.records import dataclass

# A read of a state by a piece: indices for the loops of the state that are not in its profile.
Where = tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A log-density array over plates and states, made by one step and used by one other.

    `place` as that of its term: the piece holds at some places of a chain only.
    """

    plates: tuple[Loop, ...]
    states: tuple[tuple[Variable, Where], ...]
    terms: tuple[Term, ...]
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Make:
    """The log density of one statement."""

    result: Piece
    term: Term


@dataclass(frozen=True, slots=True, eq=False)
class SumOut:
    """Eliminate one state from the sum of pieces, in the loops `result.plates`."""

    result: Piece
    state: Variable
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SumChain:
    """Eliminate all states that chains along `lag.loop` carry, in the loops `result.plates`.

    `shadows` are those of the latents `states` by falling lag; `order` is the number of elements
    before an element that its terms read. `lag` is one of the lags: for a tree it has the parent.
    """

    result: Piece
    lag: Lag
    states: tuple[Variable, ...]
    shadows: tuple[Variable, ...]
    order: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """Take the product over the loops `over`; where `index` is not empty it is a segment sum.

    `index` pairs each loop of `state` that is reached by an index with that index.
    """

    result: Piece
    piece: Piece
    over: tuple[Loop, ...]
    index: tuple[tuple[Loop, Expr], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """A piece without states: a factor of the program, one value for each cell of its loops."""

    piece: Piece


@dataclass(frozen=True, slots=True)
class Fold:
    """A latent is the `function` of all cells of the array `of` along one of its loops."""

    function: str
    of: Variable
    loop: Loop


@dataclass(frozen=True, slots=True, eq=False)
class SumCells:
    """Eliminate the cells of `fold.of` along its loop; their total stays as a state."""

    result: Piece
    total: Variable
    fold: Fold
    pieces: tuple[Piece, ...]


Step = Make | SumOut | SumChain | SumCells | Push | Finish


@dataclass(frozen=True, slots=True)
class State:
    """A summed-out latent: its statement, values, and the loops that its profiles cover.

    A shadow, the latent some steps back, has the state of its latent and a `lag`; `carried` marks
    the latents that have one. `coupled` is the statement that made it profiles.
    A latent of our own (`made`) has no name in the model; `fold` says that it is a total.
    """

    draw: Draw
    support: Support
    profile: tuple[Loop, ...] = ()
    lag: Lag | None = None
    carried: bool = False
    coupled: Statement | None = None
    made: bool = False
    fold: Fold | None = None

    @property
    def plates(self) -> tuple[Loop, ...]:
        """The loops for each iteration of which it is summed out on its own."""
        return tuple(loop for loop in self.draw.loops if loop not in self.profile)
