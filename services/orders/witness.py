"""What signed heads say about the rows of a journal: which were signed, and which are not what was signed."""

from collections import defaultdict
from collections.abc import Iterable

from ..runtime.signing import PublicKeys
from .chain import BrokenChain, Row
from .heads import BadHead, SignedHead


class Witness:
    """The heads of one journal, from whatever places, held against its rows one after the other."""

    def __init__(self, shard: int, journal_id: str, keys: PublicKeys, heads: Iterable[SignedHead]) -> None:
        self.newest: SignedHead | None = None  # of those that a row has met
        self.met = 0
        self.unsigned_rows = 0  # rows behind the newest
        self.first_bad: str | None = None  # a head that nobody signed for this journal, in words
        self._journal = (shard, journal_id)
        self._keys = keys
        self._waiting: defaultdict[int, set[SignedHead]] = defaultdict(set)
        for head in sorted(set(heads), key=lambda head: head.sequence):
            self._admit(head)

    def _admit(self, head: SignedHead) -> None:
        try:
            head.require_signature(self._keys)
            if (head.shard, head.journal_id) != self._journal:
                raise BadHead(self._of_another(head))
        except BadHead as error:
            self.first_bad = self.first_bad or str(error)
        else:
            self._waiting[head.sequence].add(head)

    def _of_another(self, head: SignedHead) -> str:
        shard, journal_id = self._journal
        told = f"journal {head.journal_id}, shard {head.shard}"
        return f"the head of sequence {head.sequence} is of {told}, not of {journal_id}, shard {shard}"

    def meet(self, row: Row) -> None:
        """Takes a row that fits the chain. Fails with BrokenChain when another one was signed."""
        self.unsigned_rows += 1
        for head in self._waiting.pop(row.last_sequence, ()):
            if head.row_hash != row.hash:
                place = f"row {row.first_sequence}..{row.last_sequence}"
                known = self.newest.sequence if self.newest else 0
                begins = f"the forgery begins after sequence {known}"
                raise BrokenChain(f"{place} is not the one that was signed: {begins}")
            self.newest = head
            self.met += 1
            self.unsigned_rows = 0

    def require_end(self, sequence: int) -> None:
        """Fails with BrokenChain when rows up to a sequence are not all that was signed."""
        missing = next(iter(self._waiting), None)  # the lowest: they came in order
        if missing is None:
            return
        if missing > sequence:
            signed = f"sequence {max(self._waiting)} was signed"
            raise BrokenChain(f"rows were cut off after sequence {sequence}: {signed}")
        raise BrokenChain(f"the row that ends with sequence {missing} is gone: it was signed")
