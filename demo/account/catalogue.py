"""The demo customer: products, sections, features, environments, devices and people."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from demo.account.texts import FeatureText, ProductText, product_text

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class DemoProduct:
    """A product of the demo customer.

    Attributes:
        share: Its part of all regular tests.
        since_days: How long before the demo's now its first test was created.
        release: First release (major, minor) and days between minor releases.
        customers: Who creates its tests.
        bugginess: Its bugs per test against the average.
        failing: The share of its user story executions that fail, and of its bugs linked to a story.
    """

    key: int
    id: int
    name: str
    description: str | None
    type: str
    texts: str
    sections: tuple[tuple[int, str], ...]
    share: float
    since_days: int
    release: tuple[int, int, int]
    customers: tuple[tuple[int, str], ...]
    bugginess: float
    failing: tuple[float, float]
    environments: tuple[str, ...]

    @property
    def text(self) -> ProductText:
        """Read the product's texts."""
        return product_text(self.texts)


@dataclass(frozen=True, slots=True, eq=False)
class DemoFeature:
    """A feature of a product's catalogue, with the ids of its stories."""

    id: int
    section_id: int | None
    text: FeatureText
    stories: tuple[tuple[int, str], ...]


PRODUCTS = (
    DemoProduct(
        key=0, id=598, name="Halo Shop", description=None, type="website", texts="halo-shop",
        sections=((21855, "default-section"),), share=0.42, since_days=546, release=(4, 1, 38),
        customers=((41, "qa.lead"), (42, "Miriam Vogel"), (43, "j.okafor")), bugginess=1.15,
        failing=(0.05, 0.12),
        environments=("Staging shop", "Preview of the new checkout", "Production, German storefront"),
    ),
    DemoProduct(
        key=1, id=18559, name="Canvas for iOS", description="Drawing app for iPhone and iPad",
        type="mobile_app_ios", texts="canvas",
        sections=((30001, "Editor"), (30002, "Sharing"), (30003, "Account and sync")), share=0.33,
        since_days=544, release=(7, 0, 45), customers=((51, "Lena Hartmann"), (52, "d.fischer")),
        bugginess=1.05, failing=(0.04, 0.04),
        environments=("TestFlight build", "TestFlight build with the sync sandbox"),
    ),
    DemoProduct(
        key=2, id=21043, name="Kestrel Bank", description="Retail banking for Android",
        type="mobile_app_android", texts="kestrel-bank",
        sections=((33110, "Everyday banking"), (33111, "Money planner")), share=0.23,
        since_days=540, release=(2, 3, 30), customers=((61, "Sofie Lindqvist"), (62, "Tomás Ferreira")),
        bugginess=0.95, failing=(0.0, 0.0),
        environments=("Test bank, APK upload", "Test bank, internal track"),
    ),
    DemoProduct(
        key=3, id=30417, name="Northlight TV", description="Streaming app for TV boxes", type="streaming_app",
        texts="northlight-tv", sections=((41200, "default-section"),), share=0.02, since_days=10,
        release=(1, 0, 30), customers=((71, "Ines Duarte"),), bugginess=0.95, failing=(0.01, 0.03),
        environments=("Beta channel on the TV box",),
    ),
    DemoProduct(
        key=4, id=45120, name="Orchard Rewards", description="Points and levels for the shop's customers",
        type="website", texts="orchard-rewards", sections=((47001, "default-section"),), share=0.0,
        since_days=1, release=(1, 0, 30), customers=((81, "Noor Haddad"),), bugginess=0.0,
        failing=(0.0, 0.0), environments=("Preview of the member area",),
    ),
)  # fmt: skip

CONNECTION: Json = {"id": 7, "name": "jira", "url": "https://example.atlassian.net", "fixed": True}

TESTERS = (
    "alice", "Tomasz W.", "bug_hunter_77", "María José", "Priya N.", "lars.t", "Nadia K.", "Oluwaseun A.",
    "kenji", "Élodie", "mark_the_tester", "Bogdan P.", "svetlana.r", "Anh Thu", "Rafael M.", "Jürgen S.",
    "thandi", "Chen Wei", "gabi_qa", "Ivo", "Fatima Z.", "peter.nagy", "Roksana", "d0nna", "Yusuf E.",
    "Hannah L.", "crowd_pixel", "Marek", "Siobhán O'Neill", "rahul.v", "Beatriz", "Pim de Vries", "olena",
    "zoe_k",
)  # fmt: skip
"""Most reports come from the first few."""

SERVED_REASONS: tuple[Json, ...] = tuple(
    {"key": key, "name": name, "default_comment": f"Rejected - {comment[0].lower()}{comment[1:]}"}
    for key, name, comment in (
        (
            "device_not_relevant",
            "Device not relevant",
            "This device is not relevant and the bug will not be fixed.",
        ),
        ("ignored_instructions", "Ignored instructions", "The test instructions were not followed."),
        ("intended_behavior", "Intended behaviour", "The behaviour/design described here is intentional."),
        ("irrelevant", "Irrelevant", "This bug is not relevant and will not be fixed."),
        ("known_bug", "Known bug", "This is a legit bug but already known."),
        (
            "not_reproducible",
            "Not reproducible",
            "With the information provided it was not possible to reproduce this bug.",
        ),
        ("fixed_meanwhile", "Fixed meanwhile", "A newer build than the tested one contains a fix."),
    )
)
"""What `/bugs/reject_reasons` answers: six of the seven known reasons and one of the customer's own."""

REQUEST_TIMEOUT = (
    "Your bug was rejected automatically, because you didn't respond to the request within 24 hours."
)


@cache
def features_of(product: DemoProduct) -> tuple[DemoFeature, ...]:
    """List the features of a product, in the upstream's order (by id)."""
    section_ids = {name: section_id for section_id, name in product.sections}
    found = []
    for number, text in enumerate(product.text.features):
        feature_id = 2001 + product.key * 100 + number
        stories = tuple((feature_id * 10 + place, story) for place, story in enumerate(text.stories))
        section_id = section_ids.get(text.section or "default-section")
        found.append(DemoFeature(feature_id, section_id, text, stories))
    return tuple(found)


def section_json(product: DemoProduct, section_id: int) -> Json:
    """Write a section as the upstream embeds it."""
    name = dict(product.sections)[section_id]
    connected = product.key == 1 and name == "Sharing"
    return {
        "id": section_id,
        "name": name,
        "connection": CONNECTION if connected else None,
        "test_templates": {"total": 3 + section_id % 10, "count": 0},
    }


@cache
def product_json(product: DemoProduct) -> Json:
    """Write a product in the upstream's shape.

    Kestrel Bank names its sections only in `sections_with_default`, Northlight TV has no
    `remote_device_testing` at all: both happen upstream.
    """
    sections = [section_json(product, section_id) for section_id, _ in product.sections]
    answer: Json = {
        "id": product.id,
        "name": product.name,
        "description": product.description,
        "type": product.type,
        "default_section_id": product.sections[0][0],
        "sections": sections if product.key == 1 else [],
        "sections_with_default": [dict(section, connection=None) for section in sections],
        "connection": CONNECTION if product.key == 0 else None,
        "remote_device_testing": product.key == 1,
        "icon_url": None,
    }
    if product.key == 3:
        del answer["remote_device_testing"]
    return answer


def has_sections(product: DemoProduct) -> bool:
    """Return whether the upstream treats the product as one with sections."""
    return len(product.sections) > 1


@cache
def environments_of(product: DemoProduct) -> tuple[Json, ...]:
    """List the test environments of a product, with their credentials in clear as the upstream sends them."""
    found = []
    for number, title in enumerate(product.environments):
        environment_id = 310 + product.key * 10 + number
        mark = f"{environment_id * 7919:x}"
        binary = product.type.startswith("mobile_app")
        host = product.texts
        found.append(
            {
                "id": environment_id,
                "title": title,
                "url": None if binary else f"https://{'www' if number == 2 else 'staging'}.{host}.example/",
                "username": f"crowd-{mark}",
                "password": f"Pl4nted-{mark}-never-store",
                "access": f"https://access.{host}.example/pages/planted-{mark}",
                "proxy": False,
                "allow_orders": number == 1,
                "access_type": "file" if binary else "url",
                "environment_test_information": f"VPN profile planted-vpn-{mark}, pass JBSW{mark.upper()}",
                "binary_app": {
                    "id": environment_id + 4000,
                    "name": f"{host}-{number}.{'ipa' if product.key == 1 else 'apk'}",
                    "url": f"https://uploads.test-io.example/planted-app-{mark}?X-Amz-Signature=planted-sig-{mark}",
                    "s3_upload": {"policy": f"planted-policy-{mark}", "signature": f"planted-s3-{mark}"},
                }
                if binary
                else None,
            }
        )
    return tuple(found)
