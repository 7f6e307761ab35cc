"""The devices of the demo's testers, and what the tests ask for."""

from typing import Any

Json = dict[str, Any]

_BROWSERS = {"Chrome": 2, "Firefox": 3, "Safari": 4, "Edge": 5, "Samsung Internet": 6}
_SYSTEMS = {"Windows": (6, "windows"), "macOS": (1, "macos"), "Android": (4, "android"), "iOS": (5, "ios"),
            "iPadOS": (8, "ipados"), "Android TV": (11, "android_tv"),
            "tvOS": (12, "tvos"), "Linux": (13, "linux")}  # fmt: skip
_CATEGORIES = {"Computers": (1, "computer"), "Smartphones": (2, "smartphone"), "Tablets": (3, "tablet"),
               "TV and streaming": (5, "tv")}  # fmt: skip

_ROWS = """
web 22 Computers | Dell | XPS 13 | Windows | 11 | Chrome
web 12 Computers | Lenovo | ThinkPad T14 | Windows | 11 | Firefox
web 8 Computers | HP | EliteBook 840 | Windows | 10 | Edge
web 15 Computers | Apple | MacBook Pro | macOS | 15.6 | Safari, Chrome
web 5 Computers | Apple | MacBook Air | macOS | 26.1 | Firefox
web 1 Computers | System76 | Lemur Pro | Linux | Ubuntu 24.04 | Firefox
web 16 Smartphones | Google | Pixel 9 | Android | 16 | Chrome
web 12 Smartphones | Samsung | Galaxy S24 | Android | 15 | Samsung Internet
web 4 Smartphones | Xiaomi | Redmi Note 13 | Android | 14 | Chrome
web 19 Smartphones | Apple | iPhone 16 | iOS | 26.1 | Safari
web 7 Smartphones | Apple | iPhone 13 mini | iOS | 18.7 | Safari
web 5 Tablets | Apple | iPad Air (M2) | iPadOS | 26.1 | Safari
ios 20 Smartphones | Apple | iPhone 16 Pro | iOS | 26.1 |
ios 10 Smartphones | Apple | iPhone 14 | iOS | 18.7 |
ios 4 Smartphones | Apple | iPhone SE (2022) | iOS | 17.7 |
ios 26 Tablets | Apple | iPad Pro 13" (M4) | iPadOS | 26.1 |
ios 14 Tablets | Apple | iPad Air (M2) | iPadOS | 18.7 |
ios 6 Tablets | Apple | iPad mini (6th generation) | iPadOS | 17.7 |
android 20 Smartphones | Google | Pixel 9 | Android | 16 |
android 12 Smartphones | Google | Pixel 6a | Android | 15 |
android 22 Smartphones | Samsung | Galaxy S24 | Android | 15 |
android 11 Smartphones | Samsung | Galaxy A54 | Android | 14 |
android 8 Smartphones | Xiaomi | Redmi Note 13 | Android | 14 |
android 5 Smartphones | OnePlus | Nord 3 | Android | 13 |
android 5 Tablets | Samsung | Galaxy Tab S9 | Android | 15 |
tv 10 TV and streaming | NVIDIA | Shield TV Pro | Android TV | 11 |
tv 8 TV and streaming | Apple | Apple TV 4K | tvOS | 26.1 |
tv 5 TV and streaming | Xiaomi | Mi Box S | Android TV | 12 |
"""

_KIND = {"website": "web", "mobile_app_ios": "ios", "mobile_app_android": "android", "streaming_app": "tv"}


def _device(number: int, line: str) -> tuple[str, int, Json]:
    kind, weight, rest = line.split(" ", 2)
    category, vendor, name, system, version, browsers = (part.strip() for part in rest.split("|"))
    system_id, _ = _SYSTEMS[system]
    return kind, int(weight), {
        "id": 70 + number,
        "category": {"name": category},
        "vendor": {"name": vendor},
        "devices" if number % 7 == 3 else "device": {"name": name},
        "operating_system": {"id": system_id, "name": system},
        "operating_system_version": {"id": 400 + number, "name": version},
        "browsers": [
            {"id": _BROWSERS[browser], "name": browser} for browser in browsers.split(", ") if browser
        ],
    }  # fmt: skip


_ALL = [_device(number, line) for number, line in enumerate(_ROWS.strip().splitlines())]


def devices_for(product_type: str) -> tuple[list[Json], list[int]]:
    """Return the devices seen on a type of product, and how often each, as running sums."""
    kind = _KIND[product_type]
    devices: list[Json] = []
    sums: list[int] = []
    for other, weight, device in _ALL:
        if other == kind:
            devices.append(device)
            sums.append((sums[-1] if sums else 0) + weight)
    return devices, sums


def requirements_for(product_type: str) -> list[Json]:
    """List what a test of this type of product asks for: one entry for each category and system in use."""
    found: dict[tuple[str, str], Json] = {}
    for kind, _, device in _ALL:
        category, system = device["category"]["name"], device["operating_system"]["name"]
        if kind != _KIND[product_type] or system == "Linux":
            continue
        system_id, system_key = _SYSTEMS[system]
        category_id, category_key = _CATEGORIES[category]
        entry = found.setdefault(
            (category, system),
            {
                "id": 1 + len(found),
                "browsers": [],
                "category": {"id": category_id, "key": category_key, "name": category},
                "devices": [],
                "input_devices": [],
                "max_operating_system_version": None,
                "min_operating_system_version": device["operating_system_version"],
                "operating_system": {"id": system_id, "key": system_key, "name": system},
                "vendor": {"id": 1, "name": "Apple"} if device["vendor"]["name"] == "Apple" else None,
                "browser_based": kind == "web",
                "gaming": False,
            },
        )
        lowest = min(
            (entry["min_operating_system_version"], device["operating_system_version"]),
            key=lambda version: float(version["name"]),
        )
        entry["min_operating_system_version"] = lowest
        for browser in device["browsers"]:
            known = {one["id"] for one in entry["browsers"]}
            if browser["id"] not in known:
                entry["browsers"].append(dict(browser, key=browser["name"].lower().replace(" ", "_")))
    return list(found.values())
