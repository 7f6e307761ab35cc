"""A snapshot of a demo account, written without the network."""

from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path

from demo.account.account import DEMO_NOW, Account
from fetch.redaction.fields import redact
from snapshot.format.documents import Document
from snapshot.format.kinds import Kind
from snapshot.format.manifest import Entry, Manifest
from snapshot.store import new_id, publish, put


def publish_account(
    root: Path,
    account: Account,
    *,
    at: datetime = DEMO_NOW,
    without_tests: Container[int] = (),
    without_products: Container[int] = (),
) -> str:
    """Publish everything the account has but some tests and products, and return the version's id."""
    entries: list[Entry] = []

    def add(kind: Kind, id_: int, data: object, product_id: int | None) -> None:
        entries.append(put(root, Document(kind, id_, at, redact(data)), product_id=product_id))

    for product in account.products():
        product_id = product["id"]
        if product_id in without_products:
            continue
        add("product", product_id, product, product_id)
        add("features", product_id, {"features": account.features(product_id)}, product_id)
        for test_id in account.test_ids[product_id]:
            if test_id not in without_tests:
                data = {"test": account.test(test_id), "bugs": account.bugs(test_id)}
                add("test", test_id, data, product_id)
    add("reject_reasons", 0, {"reject_reasons": account.reject_reasons()}, None)
    version = new_id(at.astimezone(UTC))
    publish(root, Manifest(id=version, created_at=at, api_host="127.0.0.1", entries=tuple(entries)))
    return version
