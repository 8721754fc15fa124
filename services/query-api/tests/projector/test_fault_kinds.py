"""Errors of a MongoDB that is away, stopping or recovering are not counted as a record's fault."""

from typing import Any, cast

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    CursorNotFound,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WriteError,
    WTimeoutError,
)

from vinculo.messaging import FaultKind
from vinculo.privacy import KeyRingOutdatedError
from vinculo.query_api.mongo import is_mongo_lost
from vinculo.query_api.projector.document_checkpoints import (
    DocumentCheckpoints,
    StaleDocumentsError,
    is_unstorable,
)

INTERRUPTED_AT_SHUTDOWN = 11600
NOT_WRITABLE_PRIMARY = 10107
PRIMARY_STEPPED_DOWN = 189
NO_SUCH_TRANSACTION = 251
BAD_VALUE = 2
DUPLICATE_KEY = 11000


def of_writes(*codes: int) -> BulkWriteError:
    return BulkWriteError({"writeErrors": [{"index": 0, "code": code} for code in codes]})


def of_write_concern(code: int) -> BulkWriteError:
    return BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": code}]})


def labelled(error: PyMongoError, label: str) -> PyMongoError:
    error._add_error_label(label)  # noqa: SLF001 - as the driver does
    return error


LOST: list[PyMongoError] = [
    AutoReconnect(),
    NetworkTimeout(),
    ServerSelectionTimeoutError(),
    NotPrimaryError(),
    OperationFailure("interrupted at shutdown", INTERRUPTED_AT_SHUTDOWN),
    OperationFailure("no such transaction", NO_SUCH_TRANSACTION),
    WriteError("not primary", NOT_WRITABLE_PRIMARY),
    WriteConcernError("stepped down", PRIMARY_STEPPED_DOWN),
    of_writes(INTERRUPTED_AT_SHUTDOWN),
    of_writes(DUPLICATE_KEY, NOT_WRITABLE_PRIMARY),
    of_write_concern(PRIMARY_STEPPED_DOWN),
    labelled(of_writes(BAD_VALUE), "TransientTransactionError"),
    labelled(OperationFailure("unknown", BAD_VALUE), "UnknownTransactionCommitResult"),
    labelled(WriteError("unknown", 1), "RetryableWriteError"),
]
OF_SERVERS = [
    *LOST,
    WTimeoutError("waiting for replication timed out", 64),
    CursorNotFound("cursor not found", 43),
    ExecutionTimeout("exceeded time limit", 50),
    InvalidOperation("session ended"),
    KeyRingOutdatedError(1),
]


@pytest.fixture
def checkpoints() -> DocumentCheckpoints:
    unused: Any = None
    return DocumentCheckpoints(unused, unused, cast("Any", {}))


@pytest.mark.parametrize("error", OF_SERVERS, ids=repr)
def test_an_error_of_a_server(checkpoints: DocumentCheckpoints, error: Exception) -> None:
    assert checkpoints.fault_kind(error) is FaultKind.SERVER
    assert not is_unstorable(error)


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_a_request_that_met_it_may_be_repeated(error: Exception) -> None:
    assert is_mongo_lost(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (of_writes(BAD_VALUE), FaultKind.POISON),
        (OperationFailure("too large", 10334), FaultKind.POISON),
        (OverflowError(), FaultKind.POISON),
        (StaleDocumentsError(), FaultKind.CONFLICT),
        (of_writes(DUPLICATE_KEY), FaultKind.UNKNOWN),
        (DuplicateKeyError("x", DUPLICATE_KEY), FaultKind.UNKNOWN),
        (WriteError("failed validation", 121), FaultKind.UNKNOWN),
        (ZeroDivisionError(), FaultKind.UNKNOWN),
    ],
    ids=repr,
)
def test_an_error_that_the_record_may_have_caused(
    checkpoints: DocumentCheckpoints, error: Exception, kind: FaultKind
) -> None:
    assert checkpoints.fault_kind(error) is kind
    assert not is_mongo_lost(error)
