"""RiskService: protobuf in, protobuf out."""

from collections.abc import AsyncIterator, Callable

from tickmesh.orders.v1 import orders_pb2
from tickmesh.risk.v1 import risk_pb2 as pb
from tickmesh.risk.v1 import risk_pb2_grpc

from ..runtime import as_of, identity, paging
from ..runtime.server import Context
from ..runtime.streams import respond
from ..values import decimal_text
from .changes import Changes
from .domain.events import Event
from .domain.limits import bound_of, key_of_id
from .domain.rulebook import Outcome, RuleBook, Signature
from .domain.states import State, StateRecord
from .feed import Feed
from .requests import Request
from .store import RiskStore
from .wire import event_message, key_of, limit_message, scope_of, state_message, state_of


class RiskServicer(risk_pb2_grpc.RiskServiceServicer):
    """Speaks protobuf outwards and domain types inwards."""

    def __init__(
        self, changes: Changes, rules: RuleBook, store: RiskStore, feed: Feed, clock: Callable[[], int]
    ) -> None:
        self._changes = changes
        self._rules = rules
        self._store = store
        self._feed = feed
        self._clock = clock

    def _signature(self) -> Signature:
        return Signature(identity.current().subject, self._clock())

    async def SetLimit(self, request: pb.SetLimitRequest, context: Context) -> pb.Limit:
        """Sets or replaces a limit."""
        key = key_of(request)
        key.check()
        value = decimal_text(bound_of(key.limit_type, request.value))
        answered = Request("SetLimit", request, request.request_id, pb.Limit, _set_limit)
        return await self._changes.set_limits(answered, {key: value}, self._signature())

    async def DeleteLimit(self, request: pb.DeleteLimitRequest, context: Context) -> pb.DeleteLimitResponse:
        """Removes a limit."""
        key = key_of_id(request.limit_id)
        answered = Request("DeleteLimit", request, "", pb.DeleteLimitResponse, _deleted_limit)
        return await self._changes.set_limits(answered, {key: None}, self._signature())

    async def ListLimits(self, request: pb.ListLimitsRequest, context: Context) -> pb.ListLimitsResponse:
        """Lists the limits in force by id."""
        size, moment_ns = paging.page_limit(request.page_size), as_of.as_of_ns(request)
        after = as_of.decode(request.page_token, (str,), moment_ns)
        limits = (await self._rules_at(moment_ns)).limits(str(after[0]) if after else "")
        more = as_of.encode(moment_ns, limits[size - 1].key.limit_id) if len(limits) > size else ""
        return pb.ListLimitsResponse(limits=map(limit_message, limits[:size]), next_page_token=more)

    async def _rules_at(self, moment_ns: int | None) -> RuleBook:
        """Returns what was in force at a moment; without one, what is now."""
        if moment_ns is None:
            return self._rules
        rules = RuleBook()
        rules.adopt(await self._store.in_force_at(moment_ns))
        return rules

    async def SetTradingState(
        self, request: pb.SetTradingStateRequest, context: Context
    ) -> pb.TradingStateRecord:
        """Sets who may trade at a scope."""
        wanted = self._state(request.scope, state_of(request.state), request.comment)
        kind = pb.TradingStateRecord
        answered = Request("SetTradingState", request, request.request_id, kind, _set_state)
        return await self._changes.set_state(answered, wanted, request.cancel_orders)

    async def KillSwitch(self, request: pb.KillSwitchRequest, context: Context) -> pb.KillSwitchResponse:
        """Halts a scope and cancels all its live orders."""
        wanted = self._state(request.scope, State.HALTED, request.comment)
        answered = Request("KillSwitch", request, request.request_id, pb.KillSwitchResponse, _killed)
        return await self._changes.set_state(answered, wanted, cancel_orders=True)

    def _state(self, message: orders_pb2.RiskScope, state: State, comment: str) -> StateRecord:
        scope, by = scope_of(message), self._signature()
        scope.check()
        return StateRecord(scope, state, comment, by.who, by.time_ns)

    async def ListTradingStates(
        self, request: pb.ListTradingStatesRequest, context: Context
    ) -> pb.ListTradingStatesResponse:
        """Lists every scope that is not ACTIVE."""
        size, moment_ns = paging.page_limit(request.page_size), as_of.as_of_ns(request)
        after = as_of.decode(request.page_token, (str,), moment_ns)
        records = (await self._rules_at(moment_ns)).closed(str(after[0]) if after else "")
        more = as_of.encode(moment_ns, records[size - 1].scope.to_text()) if len(records) > size else ""
        return pb.ListTradingStatesResponse(records=map(state_message, records[:size]), next_page_token=more)

    async def ListRiskEvents(
        self, request: pb.ListRiskEventsRequest, context: Context
    ) -> pb.ListRiskEventsResponse:
        """Lists risk events, newest first."""
        size = paging.page_limit(request.page_size)
        after = paging.decode(request.page_token, (int,))
        before = int(after[0]) if after else None
        kind = pb.RiskEvent.Kind.Name(request.kind) if request.kind else ""
        events = await self._store.events(size + 1, before, request.portfolio_id, kind)
        more = paging.encode(events[size - 1].event_id) if len(events) > size else ""
        return pb.ListRiskEventsResponse(events=map(event_message, events[:size]), next_page_token=more)

    async def StreamRiskEvents(
        self, request: pb.StreamRiskEventsRequest, context: Context
    ) -> AsyncIterator[pb.StreamRiskEventsResponse]:
        """Sends the newest risk events, then each as it happens."""
        responses = respond(
            self._feed.follow(request.resume_token),
            pb.StreamRiskEventsResponse,
            update=lambda events: event_message(events[0]),
            snapshot=_snapshot,
            clock=self._clock,
        )
        async for response in responses:
            yield response


def _snapshot(events: list[Event]) -> pb.RiskEventSnapshot:
    return pb.RiskEventSnapshot(events=map(event_message, events))


def _set_limit(outcome: Outcome) -> pb.Limit:
    return limit_message(outcome.limits[0])


def _deleted_limit(_: Outcome) -> pb.DeleteLimitResponse:
    return pb.DeleteLimitResponse()


def _set_state(outcome: Outcome) -> pb.TradingStateRecord:
    return state_message(outcome.states[0])


def _killed(outcome: Outcome) -> pb.KillSwitchResponse:
    return pb.KillSwitchResponse(record=_set_state(outcome))
