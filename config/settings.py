"""The settings, from the environment and a `.env` file in the current folder.

Rooms take plain values; only the tasks, what they say and the MCP reader know this class.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from base.errors import InvalidInput, Unavailable
from base.places import keep_apart
from config.accounts import ACCOUNTS, account_file, environment, read
from config.scrubbing import hide
from config.shown import masked, quoted_value, tokens_in
from config.tokens import from_file, from_keyring
from config.values import Ids, Names, Place, ReportPeriod, Share, Since, VendorAddress, WebAddress
from quality.options import QualityOptions
from quality.periods.periods import REPORT_PERIODS
from quality.thresholds import Thresholds

if TYPE_CHECKING:
    from fetch.api.options import ClientOptions

PRODUCTION = "https://api.test.io/customer/v2"
KNOWN_HOSTS = ("api.test.io", "api.stage-a.space")
BASE_URL = "TESTIO_CUSTOMER_API_BASE_URL"
TRUST = "TESTIO_TRUST_API_HOST"
TOKEN = "TESTIO_CUSTOMER_API_TOKEN"  # noqa: S105 - the variable's name, not a token

_FILE = "env_file"


class _Environment(EnvSettingsSource):
    """The environment without blanks, which would hide what a settings file says."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in environment().items()}


class _File(EnvSettingsSource):
    """A settings file, read as everywhere; the library's own source knows no bounds."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path | None) -> None:
        self._path = path
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in read(self._path).items()} if self._path else {}


class Settings(BaseSettings):
    """Every field is the environment variable of the same name in upper case; `_FILE` names another file."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    @classmethod
    def settings_customise_sources(  # noqa: D102 - as the base says
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see below
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see `_File`
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there are none
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        return init_settings, _Environment(settings_cls), _File(settings_cls, given.get(_FILE, Path(".env")))

    @model_validator(mode="before")
    @classmethod
    def _hide_tokens(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Keep what looks like a token out of every log line and error: it may be in the wrong setting."""
        for value in values.values():
            for token in tokens_in(value) if isinstance(value, str) else ():
                hide(token)
        return values

    testio_customer_api_token: SecretStr | None = Field(
        None, description="Your token for the Test IO Customer API."
    )
    testio_customer_api_token_file: Path | None = Field(
        None, description="A file that holds the token instead, as containers mount secrets."
    )
    testio_customer_api_base_url: str = Field(PRODUCTION, description="The Customer API; https, or loopback.")
    testio_trust_api_host: str | None = Field(
        None,
        description="A host that may receive a token set outside the settings file that names the host; only"
        " the environment may set this.",
    )
    testio_customer_name: str | None = Field(None, description="Your name on the pages.")
    testio_account: str | None = Field(
        None,
        description="Which account of several this is for; each has its file accounts/<account>.env. A reader"
        " over several: acme,globex or all.",
    )
    testio_product_ids: Ids = Field(None, description="Only these products, such as 598,599; all when unset.")
    testio_sync_since: Since = Field(
        None, description="Leave out tests that ended before this date, such as 2025-01-01 or 1 year ago."
    )
    max_concurrent_api_requests: int = Field(10, ge=1, le=100, description="Requests in flight at once.")
    http_timeout_seconds: float = Field(
        90.0, gt=0, le=3600, allow_inf_nan=False, description="How long one request may take."
    )
    cache_ttl_seconds: int = Field(
        3600, ge=0, le=31_536_000, description="How long features and answers from the API count as fresh."
    )
    testio_default_page_size: int = Field(100, ge=1, le=200, description="Rows per page of list tools.")
    testio_snapshot_dir: Path = Field(Path("snapshots"), description="Where snapshots and index are kept.")
    testio_snapshot_url: Place = Field(
        None,
        description="Where the MCP server pulls its snapshots from, such as s3://bucket/reports.",
    )
    testio_snapshot_pull_seconds: int = Field(
        3600, ge=0, le=31_536_000, description="How old the last look there may be until it looks again."
    )
    testio_site_dir: Path = Field(Path("site"), description="Where the pages are written.")
    testio_context_dir: Path = Field(
        Path("context"),
        description="Where you keep releases, notes, goals and what else the API does not know.",
    )
    testio_site_base_url: WebAddress = Field(
        None, description="Where the site is published; makes the links in Markdown absolute."
    )
    testio_web_url: VendorAddress = Field(
        None,
        description="Your address of Test IO's web application, such as https://yourcompany.test.io; tests"
        " and bugs lead to themselves there.",
    )
    testio_site_internal_notes: bool = Field(
        False,
        description="Also write internal notes into the pages (True), for a site that only your team opens.",
    )
    testio_site_indexable: bool = Field(
        False,
        description="Let search engines list the pages (True); they are asked not to otherwise.",
    )
    testio_hide_names: bool = Field(
        False, description="Name testers and your users by pseudonyms alone (True); what they wrote stays."
    )
    testio_report_period: ReportPeriod = Field(
        "last-90-days", description=f"The default period: {', '.join(REPORT_PERIODS)}."
    )
    playbook_rejection_warning: Share = Field(
        0.20, description="Share of decided bugs rejected from which on the review says watch."
    )
    playbook_rejection_critical: Share = Field(0.35, description="The same for act now.")
    playbook_auto_acceptance_warning: Share = Field(
        0.20, description="Share of accepted bugs auto-accepted from which on it says watch."
    )
    playbook_auto_acceptance_critical: Share = Field(0.40, description="The same for act now.")
    playbook_review_warning: Share = Field(
        0.80, description="Share of decided bugs reviewed by a person from which down it says watch."
    )
    playbook_review_critical: Share = Field(0.60, description="The same for act now.")
    playbook_active_acceptance_warning: Share = Field(
        0.35, description="Share of decided bugs accepted by a person from which down it says watch."
    )
    playbook_active_acceptance_critical: Share = Field(0.20, description="The same for act now.")
    playbook_story_pass_warning: Share = Field(
        0.80, description="Share of tested user stories passed from which down the product says watch."
    )
    playbook_story_pass_critical: Share = Field(0.50, description="The same for act now.")
    playbook_critical_bugs_critical: int = Field(
        1, ge=1, description="Accepted or open critical bugs from which on the product says act now."
    )
    playbook_failed_features_warning: int = Field(
        1, ge=1, description="Features that failed in their last test from which on the product says watch."
    )
    playbook_failed_features_critical: Share = Field(
        0.50, description="Share of the tested features failed above which it says act now."
    )
    testio_public_url: WebAddress = Field(
        None,
        description="Where others reach `serve`, such as https://reports.example.com.",
    )
    testio_keys_file: Path = Field(
        Path("keys.json"), description="Where `invoke keys` keeps the digests of API keys for `serve`."
    )
    testio_jwt_keys: str | None = Field(
        None, description="What signs tokens: an https address of a JWKS, or a file with a public key (PEM)."
    )
    testio_jwt_issuer: str | None = Field(None, description="Who must have issued a token.")
    testio_jwt_audience: str | None = Field(None, description="Whom a token must be for.")
    testio_jwt_algorithm: str = Field("RS256", description="How tokens are signed.")
    testio_rate_per_minute: int = Field(
        600, ge=1, le=1_000_000, description="Requests that one caller of `serve` may make a minute."
    )
    testio_ready_hours: float = Field(
        48.0, gt=0, le=87_600, description="Age from which answers warn and `serve` counts as not ready."
    )
    testio_webhook_url: SecretStr | None = Field(
        None, description="A webhook of Slack, Teams or another chat, to which invoke digest posts; a secret."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    log_format: str | None = Field(
        None, description="json or text; unset: text on a terminal, json elsewhere."
    )
    testio_add_note: bool = Field(
        False,
        description="Offer the tool add_note (True), which writes internal notes into the context folder.",
    )
    enabled_tools: Names = Field((), description="Only these MCP tools; not together with DISABLED_TOOLS.")
    disabled_tools: Names = Field((), description="All MCP tools but these.")

    @property
    def quality(self) -> QualityOptions:
        """Return the thresholds, weights and default period of every report."""
        return QualityOptions(
            thresholds=Thresholds(
                **{one.name: getattr(self, f"playbook_{one.name}") for one in fields(Thresholds)}
            ),
            default_period=self.testio_report_period,
        )

    @property
    def client(self) -> "ClientOptions":
        """Return the options of the API client.

        Raises:
            Unavailable: Without a token.
            InvalidInput: For a base URL that is neither https nor loopback, or a token file open to others.
        """
        from fetch.api.options import ClientOptions, check_base_url  # noqa: PLC0415 - httpx is loaded only when it is needed

        token, _ = self.token()
        check_base_url(self.testio_customer_api_base_url)
        self._check_host()
        if token is None:
            raise Unavailable(
                f"{TOKEN} is not set.",
                "The Customer API answers only with a token.",
                f"Set {TOKEN} in the environment or in {self.source}, "
                "or try the embedded demo data: invoke demo",
            )
        return ClientOptions(
            base_url=self.testio_customer_api_base_url,
            token=token.get_secret_value(),
            concurrency=self.max_concurrent_api_requests,
            timeout=self.http_timeout_seconds,
        )

    def _check_host(self) -> None:
        """Refuse to send a token to a host that a settings file names and the token's owner did not.

        Raises:
            InvalidInput: When a settings file names the base URL, the token stands elsewhere, and the host is
                neither Test IO's nor named by TESTIO_TRUST_API_HOST in the environment.
        """
        own, outside = read(Path(self.source)), environment()
        host = urlsplit(self.testio_customer_api_base_url).hostname
        if BASE_URL in outside or BASE_URL not in own or host in KNOWN_HOSTS:
            return
        if (TOKEN in own and TOKEN not in outside) or host == outside.get(TRUST, "").strip().lower():
            return
        raise InvalidInput(
            f"{self.source} sets {BASE_URL} to the host {masked(host)}, but the token is set elsewhere.",
            "A settings file from somebody else could send your token to its author.",
            f"Set {BASE_URL} in the environment, or allow the host there: {TRUST}={masked(host)}",
        )

    @property
    def source(self) -> str:
        """Return the file that this account's settings are read from."""
        return f"{ACCOUNTS}/{self.testio_account}.env" if self.testio_account else ".env"

    def place_of(self, url: str) -> str:
        """Return where this account's snapshots are below a URL: each of several has its own folder there."""
        return f"{url.rstrip('/')}/{self.testio_account}" if self.testio_account else url

    def token(self) -> tuple[SecretStr | None, str]:
        """Return the token and where it was found: environment or settings file, token file, system keyring.

        From then on no log line of this process shows it.

        Raises:
            InvalidInput: When the token file cannot be read, is empty or is open to others.
        """
        found: SecretStr | None
        if self.testio_customer_api_token is not None:
            found, where = self.testio_customer_api_token, f"environment or {self.source}"
        elif self.testio_customer_api_token_file is not None:
            found, where = from_file(self.testio_customer_api_token_file), "token file"
        else:
            found, where = from_keyring(self.testio_account), "system keyring"
        if found is not None:
            hide(found.get_secret_value())
        return found, where


def load(account: str | None = None) -> Settings:
    """Read the settings of the single account, or of one of several.

    An account's settings are `accounts/<account>.env` and the environment, never `.env`; its snapshots and
    site lie in folders of its own.

    Raises:
        InvalidInput: Naming the variable, its value (never a secret one) and what it takes.
    """
    try:
        if account is None:
            own = settings = Settings().model_copy(update={"testio_account": None})
        else:
            own_file: dict[str, Any] = {_FILE: account_file(account)}
            own = Settings(**own_file)
            settings = own.model_copy(
                update={
                    "testio_account": account,
                    "testio_snapshot_dir": own.testio_snapshot_dir / account,
                    "testio_site_dir": own.testio_site_dir / account,
                    "testio_context_dir": own.testio_context_dir / account,
                    "testio_customer_name": own.testio_customer_name or account,
                }
            )
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"]).upper()
        value = "" if "TOKEN" in name or "WEBHOOK" in name else f" is {quoted_value(fault['input'])}, which"
        reason = str(fault.get("ctx", {}).get("error", fault["msg"]))
        raise InvalidInput(f"{name}{value} cannot be used.", f"{reason}.", "See .env.example.") from None
    if settings.enabled_tools and settings.disabled_tools:
        raise InvalidInput(
            "ENABLED_TOOLS and DISABLED_TOOLS are both set.",
            "One lists the tools to offer, the other the tools to leave out.",
            "Unset one of them.",
        )
    if settings.testio_site_indexable and settings.testio_site_internal_notes:
        raise InvalidInput(
            "TESTIO_SITE_INDEXABLE and TESTIO_SITE_INTERNAL_NOTES are both set.",
            "Search engines would list internal notes.",
            "Unset one of them.",
        )
    keep_apart(settings.testio_snapshot_dir, own.testio_site_dir)
    if settings.testio_customer_api_token is not None:
        hide(settings.testio_customer_api_token.get_secret_value())
    if settings.testio_webhook_url is not None:
        hide(settings.testio_webhook_url.get_secret_value())
    _ = settings.quality  # refuses thresholds that contradict each other
    return settings
