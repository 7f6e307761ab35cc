"""The kinds of documents, one row each: a new kind of document starts here."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from snapshot.format.upstream_shapes import FeaturesData, Product, RejectReasonsData, TestData

Kind = Literal["product", "features", "test", "reject_reasons"]
ProblemKind = Literal[Kind, "bugs", "tests"]
"""What a refresh can fail to fetch: a document, the bugs of a test, or a part of a list of tests."""


@dataclass(frozen=True)
class DocumentKind:
    """A kind of documents.

    Attributes:
        noun: What a person calls one.
        help: One sentence for the JSON Schema.
        data: The shape of what the upstream gave.
        id_of: Whose id a document has; empty for the only one, whose id is 0.
        of_product: Whether a document belongs to a product that the version holds, too.
        documents: What a version's counts call the documents; empty when they are not counted.
        items: Likewise what is in the documents.
    """

    noun: str
    help: str
    data: type[BaseModel]
    id_of: Literal["product", "test", ""]
    of_product: bool = False
    documents: str = ""
    items: str = ""


KINDS: dict[Kind, DocumentKind] = {
    "product": DocumentKind("product", "One product.", Product, "product", documents="products"),
    "features": DocumentKind(
        "features",
        "The features of one product; `id` is the product's.",
        FeaturesData,
        "product",
        of_product=True,
        items="features",
    ),
    "test": DocumentKind(
        "test",
        "One exploratory test with its bugs.",
        TestData,
        "test",
        of_product=True,
        documents="tests",
        items="bugs",
    ),
    "reject_reasons": DocumentKind(
        "reject reasons", "The customer's reject reasons.", RejectReasonsData, id_of=""
    ),
}
"""By name, in the order in which a manifest lists them."""


def document_name(kind: Kind, number: int) -> str:
    """Name a document in a sentence: `test 7`, `the features of product 3`."""
    row = KINDS[kind]
    if row.id_of == kind:
        return f"{row.noun} {number}"
    return f"the {row.noun} of {row.id_of} {number}" if row.id_of else f"the {row.noun}"


def problem_noun(kind: ProblemKind) -> str:
    """Return what a person calls the thing that could not be fetched."""
    match kind:
        case "bugs":
            return "bugs"
        case "tests":
            return "list of tests"
        case _:
            return KINDS[kind].noun


def subject(kind: ProblemKind) -> Kind:
    """Return the kind of the document that a problem is about."""
    match kind:
        case "bugs" | "tests":
            return "test"
        case _:
            return kind
