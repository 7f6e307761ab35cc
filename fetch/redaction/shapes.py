"""What looks like a credential by itself, whoever wrote it: tokens, keys, webhooks, command lines.

Every pattern is bounded: the text is anyone's, and may be made to be slow to search.
"""

import re
from base64 import b64decode
from binascii import Error
from enum import IntEnum

from fetch.redaction.labels import ANYWHERE, LABELS
from fetch.redaction.named import SIGNS as NAMED

_PREFIXED = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",  # Amazon
    r"gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}",
    r"gl(?:pat|ptt|dt|rt|cbt|ft|agent|oas|soat)-[\w-]{20,100}",  # GitLab
    r"xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250}",  # Slack
    r"[srp]k_(?:live|test)_[A-Za-z0-9]{10,250}|whsec_[A-Za-z0-9+/=]{20,100}",  # Stripe
    r"AIza[\w-]{35}|ya29\.[\w-]{20,500}|GOCSPX-[\w-]{20,60}",  # Google
    r"sk-(?:proj-|ant-|svcacct-|or-)?[\w-]{20,250}",  # OpenAI, Anthropic
    r"SG\.[\w-]{16,40}\.[\w-]{16,80}|key-[0-9a-f]{32}|re_[A-Za-z0-9]{8,40}_[A-Za-z0-9]{16,40}",  # mail
    r"(?:SK|AC)[0-9a-f]{32}",  # Twilio
    r"npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,250}|rubygems_[0-9a-f]{48}|dckr_pat_[\w-]{20,60}",
    r"shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[\w-]{22,60}|EAAA[\w-]{60}",  # shops
    r"AT[AC]TT3[\w=-]{50,250}|lin_api_[A-Za-z0-9]{30,60}|figd_[\w-]{20,80}|secret_[A-Za-z0-9]{43}",
    r"hf_[A-Za-z0-9]{30,60}|dop_v1_[0-9a-f]{64}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
    r"dapi[0-9a-f]{32}|hvs\.[\w-]{20,250}|NRAK-[A-Z0-9]{27}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    r"sntrys_[\w+/=-]{30,300}|AGE-SECRET-KEY-1[A-Z0-9]{58}|tskey-[a-z]{2,10}-[\w-]{20,100}|ntn_[A-Za-z0-9]{30,60}",
    r"EAA[A-Z][A-Za-z0-9]{80,300}|1//0[\w-]{30,200}|[\w-]{11,30}:APA91b[\w-]{100,200}",  # Facebook, Google
    r"\d{8,10}:[A-Za-z0-9_-]{35}",  # Telegram
    r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}",  # Discord
    r"eyJ[\w-]{8,4000}\.[\w-]{8,8000}(?:\.[\w-]{0,2000})?",  # JWT
    r"eyJ[\w-]{8,4000}\.[\w-]{0,2000}(?:\.[\w-]{8,8000}){2}\.[\w-]{8,100}",  # JWE
)
_TOKEN = re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(_PREFIXED)})(?![A-Za-z0-9])")
_BEGINS = (
    "AKIA", "ASIA", "ABIA", "ACCA",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glft-", "glagent-", "gloas-", "glsoat-", "glsa_",
    "xox", "xapp-", "sk_live", "sk_test", "rk_live", "rk_test", "pk_live", "pk_test", "whsec_",
    "AIza", "ya29.", "GOCSPX-", "sk-", "SG.", "key-", "re_", "npm_", "pypi-", "rubygems_", "dckr_",
    "shpat_", "shpss_", "shpca_", "shppa_", "sq0", "EAAA", "ATATT3", "ATCTT3", "lin_api_", "figd_", "secret_",
    "hf_", "dop_v1_", "dapi", "hvs.", "NRAK-", "PMAK-", "sntrys_", "AGE-S", "eyJ",
    "tskey-", "ntn_", "EAA", "1//0", ":APA91b",
)  # fmt: skip
_TWILIO = re.compile(r"(?:SK|AC)[0-9a-f]{32}")
_BEGINS_OTHERWISE = re.compile(r"\d{8}:[\w-]{30}|\.[\w-]{6}\.[\w-]{27}")

_PRIVATE_KEY = re.compile(
    r"-{2,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{2,5}"
    r"(?:[\s\\nr]{0,8}(?:[A-Za-z0-9+/=]{16,200}|(?:Proc-Type|DEK-Info|Version|Comment):[^\n\\]{0,100}"
    r"|[A-Za-z0-9+/=]{1,76}(?=[\s\\-]|$))){0,1000}"
    r"(?:[\s\\nr]{0,8}-{2,5} ?END [A-Z0-9 ]{0,40}KEY(?: BLOCK)? ?-{2,5})?"
)
_PUTTY_KEY = re.compile(r"PuTTY-User-Key-File-\d:[\x09-\x7e]{0,10000}")

_WEBHOOK = re.compile(
    r"(?P<host>(?:"
    r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)"
    r"|discord(?:app)?\.com/api(?:/v\d{1,2})?/webhooks"
    r"|webhook\.office\.com/webhookb2|outlook\.office(?:365)?\.com/webhook(?:b2)?"
    r"|hooks\.zapier\.com/hooks/catch|hook\.(?:[a-z0-9]{2,8}\.)?(?:make|integromat)\.com"
    r"|maker\.ifttt\.com/(?:trigger|use)|webhook\.site|api\.telegram\.org/bot"
    r"|chat\.googleapis\.com/v1/spaces|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook"
    r"|oapi\.dingtalk\.com/robot/send|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send"
    r"|logic\.azure\.com(?::443)?|powerplatform\.com|powerautomate\.com"
    r"|/hooks(?=/[a-z0-9]{20})"
    r"))(?P<rest>(?:[/:?]|(?<=/bot))[^\s<>\"'`)\]]{6,600})",
    re.IGNORECASE,
)
_AUTHORIZED = re.compile(
    r"\b(?P<how>bearer|token)\s{1,3}(?P<value>(?=\S{0,200}\d)[A-Za-z0-9._~+/=-]{16,4000})"
    r"|\bbasic\s{1,3}(?P<packed>[A-Za-z0-9+/_-]{6,500}={0,2})",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"(?P<option>(?<!\S)(?:-u|--user|--proxy-user|--http-user)[ =]{0,2})"
    r"(?:\"[^\s:\"]{1,100}:[^\n\"]{1,200}\"|'[^\s:']{1,100}:[^\n']{1,200}'|[^\s:\"']{1,100}:[^\s\"']{1,200})"
    r"|(?P<other>(?<!\S)(?:--?(?:http-|ftp-|proxy-)?passw(?:or)?d|--pass|sshpass\s{1,3}-p)[ =]{1,2}[\"']?)"
    r"[^\s\"'-][^\s\"']{0,200}",
    re.IGNORECASE,
)
_AT_HOST = re.compile(
    r"(?<![\w/@.:+-])(?P<user>[\w.+-]{1,64}):(?P<password>[^\s:/@<>\"']{1,100})"
    r"@(?=[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b|localhost\b)"
)
_MAIL = re.compile(
    r"(?:e-?mail|mail|mailto|to|an|from|von|cc|bcc|contact|kontakt|user|login|account|name)$", re.IGNORECASE
)


class Sign(IntEnum):
    """A kind of secret that a text may hold, by the words in it."""

    TOKEN = 1
    KEY = 2
    WEBHOOK = 4
    AUTHORIZATION = 8
    COMMAND = 16
    LABEL = 32


SIGNS = {
    Sign.KEY: ("private key", "putty-user-key-file"),
    Sign.WEBHOOK: ("/hooks/", "hook.", "webhook", "maker.ifttt", "api.telegram", "chat.googleapis",
                   "bot/v2/hook", "oapi.dingtalk", "logic.azure", "powerplatform", "powerautomate", "hooks."),
    Sign.COMMAND: ("-u", "--user", "--proxy-user", "--http-user", "-passw", "--pass", "sshpass"),
    Sign.LABEL: ("token", "key", *ANYWHERE, *NAMED),
}  # fmt: skip
FIRST_SIGNS = {
    Sign.TOKEN: _BEGINS,
    Sign.AUTHORIZATION: ("basic", "bearer", "token"),
    Sign.LABEL: ("auth", "cookie", *LABELS),
}
"""One of these, in any case, is in every text from which something is cut out; of the first, anywhere, of the
second, where a word begins."""


def cut_shapes(text: str, signs: int) -> str:
    """Return the text without what looks like a credential by itself.

    Args:
        text: Any text.
        signs: The sum of the signs that are in it.
    """
    if (
        signs & Sign.TOKEN
        or ((":" in text or "." in text) and _BEGINS_OTHERWISE.search(text))
        or (("SK" in text or "AC" in text) and _TWILIO.search(text))
    ):
        text = _TOKEN.sub("", text)
    if not signs and "@" not in text:
        return text
    if signs & Sign.KEY:
        text = _PUTTY_KEY.sub("", _PRIVATE_KEY.sub("", text))
    if signs & Sign.WEBHOOK:
        text = _WEBHOOK.sub(r"\g<host>", text)
    if "@" in text and ":" in text:
        text = _AT_HOST.sub(_without_userinfo, text)
    if signs & Sign.AUTHORIZATION:
        text = _AUTHORIZED.sub(_without_authorization, text)
    if signs & Sign.COMMAND:
        text = _COMMAND.sub(lambda found: found["option"] or found["other"], text)
    return text


def _without_userinfo(found: re.Match[str]) -> str:
    """`E-Mail:anna@example.com` is an address, and `10:30@zoom.example.com` a time."""
    address = _MAIL.match(found["user"]) or (found["user"].isdigit() and found["password"].isdigit())
    return found[0] if address else ""


def _without_authorization(found: re.Match[str]) -> str:
    if found["value"]:
        return found[0][: found.start("value") - found.start()]
    packed = found["packed"].translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        opened = b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (Error, ValueError):
        return found[0]
    secret = ":" in opened and opened.isprintable()
    return found[0][: found.start("packed") - found.start()] if secret else found[0]
