"""What a program does with a client that a generator made of openapi.json: a URL from the add to its deletion, files,
presets, tasks, and what yt-dlp knows. Run with the address of a service and the URL of a clip; mypy reads it as well.
"""

import sys
import time
from typing import TypeVar, assert_type

from dlambda_client.api.file import act_on_files, create_zip
from dlambda_client.api.history import add_items, delete_items, get_item, list_items, list_live_items, update_item
from dlambda_client.api.presets import create_preset, delete_preset, list_presets, update_preset
from dlambda_client.api.system import get_configuration
from dlambda_client.api.tasks import create_task, delete_task, get_task, list_tasks, replace_task, update_task
from dlambda_client.api.yt_dlp import convert_options, get_url_info
from dlambda_client.client import AuthenticatedClient
from dlambda_client.models import (
    Accepted,
    Bundle,
    Configuration,
    Converted,
    ConvertInput,
    DeleteBody,
    DeleteBodyType,
    Deleted,
    FileActionInput,
    FileActionInputAction,
    Info,
    ItemChange,
    ItemDetails,
    ItemPage,
    ItemView,
    ItemViewStatus,
    ListItemsType,
    LiveQueue,
    PresetInput,
    PresetInputChange,
    PresetView,
    PresetViewPage,
    Problem,
    RequestItem,
    TaskInput,
    TaskPage,
    TaskPatch,
    TaskView,
)

_SECONDS = 60
T = TypeVar("T")


def expect(answer: object, kind: type[T]) -> T:
    """`answer`, which is a `kind` and no error."""
    assert isinstance(answer, kind), answer
    return answer


def add(client: AuthenticatedClient, url: str) -> str:
    body = RequestItem(url=url, folder="generated/python", preset="default", template="clip.%(ext)s")
    outcomes = add_items.sync(client=client, body=[body])
    assert isinstance(outcomes, list), outcomes
    assert_type(outcomes, list[Accepted])
    assert_type(outcomes[0].field_id, str | None)
    live = expect(list_live_items.sync(client=client), LiveQueue)
    assert_type(live.queue.additional_properties, dict[str, ItemView])
    refused = expect(add_items.sync(client=client, body=RequestItem(url="no address")), Problem)
    assert refused.code
    assert refused.error
    return expect(outcomes[0].field_id, str)


def wait_until_finished(client: AuthenticatedClient, item_id: str) -> ItemDetails:
    end = time.monotonic() + _SECONDS
    while True:
        item = expect(get_item.sync(item_id, client=client), ItemDetails)
        if item.status.value == ItemViewStatus.FINISHED.value:
            break
        assert time.monotonic() < end, item.status
        time.sleep(0.2)
    assert_type(item.file_size, int | None)
    assert item.filename == "clip.mp4"
    assert item.ffprobe.additional_properties
    page = expect(list_items.sync(client=client, type_=ListItemsType.DONE, page=1, per_page=100), ItemPage)
    assert item_id in [entry.field_id for entry in page.items]
    assert page.pagination.page == 1
    return item


def edit_and_delete(client: AuthenticatedClient, item_id: str) -> None:
    edited = expect(update_item.sync(item_id, client=client, body=ItemChange(title="By a client")), ItemView)
    assert edited.title == "By a client"
    body = DeleteBody(type_=DeleteBodyType.DONE, ids=[item_id])
    assert expect(delete_items.sync(client=client, body=body), Deleted).deleted == 1
    assert expect(get_item.sync(item_id, client=client), Problem).code == "NOT_FOUND"


def change_files(client: AuthenticatedClient) -> None:
    bundle = expect(create_zip.sync(client=client, body=["generated/python/clip.mp4"]), Bundle)
    assert bundle.files
    assert bundle.token
    action = FileActionInput(action=FileActionInputAction.DIRECTORY, path="generated/python", new_dir="made")
    results = act_on_files.sync(client=client, body=[action])
    assert isinstance(results, list)
    assert results[0].ok


def keep_presets(client: AuthenticatedClient) -> None:
    made = expect(create_preset.sync(client=client, body=PresetInput(name="of_python", cli="-f best")), PresetView)
    assert_type(made.cli, str)
    change = PresetInputChange(description="changed")
    preset = expect(update_preset.sync(made.id, client=client, body=change, if_match='"1"'), PresetView)
    assert (preset.description, preset.cli) == ("changed", "-f best")
    old = expect(update_preset.sync(made.id, client=client, body=change, if_match='"1"'), Problem)
    assert old.code == "PRECONDITION_FAILED"
    page = expect(list_presets.sync(client=client, per_page=1000), PresetViewPage)
    assert made.id in [entry.id for entry in page.items]
    configuration = expect(get_configuration.sync(client=client), Configuration)
    assert_type(configuration.presets, list[PresetView])
    assert "of_python" in [entry.name for entry in configuration.presets]
    expect(delete_preset.sync(made.id, client=client), PresetView)


def keep_tasks(client: AuthenticatedClient, url: str) -> None:
    made = expect(create_task.sync(client=client, body=TaskInput(name="By Python", url=url)), TaskView)
    assert_type(made.timer, str)
    body = TaskInput(name="By Python", url=url, timer="5 4 * * *")
    assert expect(replace_task.sync(made.id, client=client, body=body), TaskView).next_run
    change = TaskPatch(enabled=False)
    assert not expect(update_task.sync(made.id, client=client, body=change), TaskView).enabled
    page = expect(list_tasks.sync(client=client, per_page=1000), TaskPage)
    assert made.id in [task.id for task in page.items]
    expect(delete_task.sync(made.id, client=client), TaskView)
    expect(get_task.sync(made.id, client=client), Problem)


def look_up(client: AuthenticatedClient, url: str) -> None:
    info = expect(get_url_info.sync(client=client, url_query=url), Info)
    assert info.field_cached.ttl > 0
    assert info["title"]
    converted = expect(convert_options.sync(client=client, body=ConvertInput(args="-f best")), Converted)
    assert converted.format_ == "best"


def main(base: str, url: str) -> None:
    with AuthenticatedClient(
        base_url=base, token="bm9ib2R5Og==", prefix="Basic", raise_on_unexpected_status=True
    ) as client:
        item_id = add(client, url)
        wait_until_finished(client, item_id)
        change_files(client)
        edit_and_delete(client, item_id)
        keep_presets(client)
        keep_tasks(client, url)
        look_up(client, url)


if __name__ == "__main__":
    main(*sys.argv[1:])
