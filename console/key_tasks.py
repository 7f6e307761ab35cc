"""The task over the API keys of the server on the network."""

from datetime import UTC, datetime, timedelta

from invoke.context import Context
from invoke.tasks import task

from base.errors import InvalidInput
from console.flags import whole_number
from console.run import only_account, say


@task(
    positional=["action"],
    help={
        "action": "add, list or revoke.",
        "name": "Whose key it is; of revoke also a key's id.",
        "scopes": "read, sync, account:<name>, product:<id>; read when left out.",
        "days": "The key is refused after so many days; never when left out.",
    },
)
def keys(_: Context, action: str, name: str = "", scopes: str = "read", days: str = "") -> None:
    """Add, list or revoke the API keys of `serve`; a key is shown once and kept nowhere."""
    from config.keys import add_key, read_keys, revoke_key, scopes_of

    path = only_account().testio_keys_file
    now = datetime.now(UTC).replace(microsecond=0)
    if action == "list":
        found = read_keys(path)
        from quality.wording import counted

        for key in found:
            until = f"until {key.expires:.10}" if key.expires else "for ever"
            state = until if key.live(now) else f"expired {key.expires:.10}"
            say([f"{key.id}  {state:18}  {','.join(key.scopes):30}  {key.name}"])
        say([f"{counted(len(found), 'key')} in {path}."])
    elif action in {"add", "revoke"} and not name:
        raise InvalidInput(f"{action} needs a name.", "", f"For example: invoke keys {action} --name alice")
    elif action == "add":
        expires = now + timedelta(days=whole_number(days, "--days", least=1)) if days else None
        key, text = add_key(path, name, scopes_of(scopes), expires)
        say([f"{text}", f"Key {key.id} of {name}: {', '.join(key.scopes)}. It is not shown again."])
    elif action == "revoke":
        say(f"Key {key.id} of {key.name} is revoked." for key in revoke_key(path, name))
    else:
        raise InvalidInput(
            f"{action!r} is not an action.", "Keys are added, listed and revoked.", "invoke keys list"
        )
