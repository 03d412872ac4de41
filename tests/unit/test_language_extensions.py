"""What the template's loops stand for: docs/decisions/template.md."""

from typing import Any

import pytest

from local.language_extensions import TemplateError, expand

MAPS = {"Queues": {"Intake": {"Name": "intake", "Seconds": 1800}, "Task": {"Name": "task", "Seconds": 360}}}
NAME = {"Fn::FindInMap": ["Queues", {"Ref": "Queue"}, "Name"]}


def resources(fragment: dict[str, Any], names: Any = ("Intake", "Task"), maps: Any = None) -> dict[str, Any]:
    loop = {"Fn::ForEach::Queues": ["Queue", list(names) if isinstance(names, tuple) else names, fragment]}
    expanded: dict[str, Any] = expand({"Resources": loop, "Mappings": maps or {}})["Resources"]
    return expanded


@pytest.mark.parametrize(
    ("value", "of_intake"),
    [
        ({"Ref": "Queue"}, "Intake"),
        ({"Ref": "AlarmTopic"}, {"Ref": "AlarmTopic"}),
        ({"Ref": {"Fn::Sub": "${Queue}Function"}}, {"Ref": "IntakeFunction"}),
        ({"Fn::Sub": "${Queue}"}, "Intake"),
        ({"Fn::Sub": "${AWS::StackName}-${Queue}"}, {"Fn::Sub": "${AWS::StackName}-Intake"}),
        ({"Fn::Sub": "no variable"}, {"Fn::Sub": "no variable"}),
        ({"Fn::Sub": ["x/${Id}", {"Id": {"Ref": {"Fn::Sub": "${Queue}Id"}}}]}, {"Fn::Sub": "x/${IntakeId}"}),
        ({"Fn::GetAtt": [{"Fn::Sub": "${Queue}Queue"}, "Arn"]}, {"Fn::GetAtt": "IntakeQueue.Arn"}),
        ({"Fn::GetAtt": "Bucket.Arn"}, {"Fn::GetAtt": "Bucket.Arn"}),
        ({"Fn::Join": ["-", ["a", {"Ref": "Queue"}]]}, "a-Intake"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AlarmTopic"}]]}, {"Fn::Join": ["-", ["a", {"Ref": "AlarmTopic"}]]}),
        ({"Fn::Join": [" /x", {"Fn::Split": [" ", {"Fn::Sub": "ANY /${Queue}"}]}]}, "ANY /x/Intake"),
        ({"Fn::Split": [" ", {"Ref": "AlarmTopic"}]}, {"Fn::Split": [" ", {"Ref": "AlarmTopic"}]}),
        ([{"Ref": "Queue"}, 5, None], ["Intake", 5, None]),
        ({"Fn::If": ["HasQueue", {"Ref": "Queue"}, "x"]}, {"Fn::If": ["HasQueue", "Intake", "x"]}),
    ],
)
def test_a_value_in_a_loop_knows_the_loops_identifier(value: Any, of_intake: Any) -> None:
    assert resources({"${Queue}Queue": value}, ("Intake",)) == {"IntakeQueue": of_intake}


def test_a_loop_repeats_all_of_its_fragment() -> None:
    assert resources({"${Queue}A": {"Type": "A"}, "${Queue}B": {"Type": "B"}}) == {
        "IntakeA": {"Type": "A"}, "IntakeB": {"Type": "B"}, "TaskA": {"Type": "A"}, "TaskB": {"Type": "B"}
    }  # fmt: skip


def test_a_loop_in_a_loop_knows_both_identifiers() -> None:
    inner = {"Fn::ForEach::Ends": ["End", ["Queue", "Alarm"], {"${Queue}${End}": {"Fn::Sub": "${Queue}/${End}"}}]}
    assert resources(inner, ("Intake",)) == {"IntakeQueue": "Intake/Queue", "IntakeAlarm": "Intake/Alarm"}


def test_what_differs_between_the_rounds_of_a_loop_is_in_a_map() -> None:
    sub = {"Fn::Sub": ["${AWS::StackName}-${Name}", {"Name": NAME}]}
    assert resources({"${Queue}": sub}, maps=MAPS)["Task"] == {"Fn::Sub": "${AWS::StackName}-task"}
    seconds = {"Fn::FindInMap": ["Queues", {"Ref": "Queue"}, "Seconds"]}
    assert resources({"${Queue}": seconds}, maps=MAPS) == {"Intake": 1800, "Task": 360}


@pytest.mark.parametrize(
    ("fragment", "names", "text"),
    [
        ({"${Queue}": NAME}, ("Intake",), "no loop makes anything of Task in the map Queues"),
        ({"${Queue}": NAME}, ("Intake", "Task", "Sweep"), "the map Queues has no Name of Sweep"),
        ({"Queue": NAME}, ("Intake", "Task"), "Queue is in the template twice"),
        ({"${Queue}": NAME}, {"Ref": "Names"}, "Fn::ForEach::Queues does not list its names"),
    ],
)
def test_a_name_that_is_forgotten_or_made_twice_is_an_error(fragment: Any, names: Any, text: str) -> None:
    with pytest.raises(TemplateError, match=text):
        resources(fragment, names, MAPS)


@pytest.mark.parametrize(
    ("declared", "left"),
    [
        (["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"], "AWS::Serverless-2016-10-31"),
        ("AWS::Serverless-2016-10-31", "AWS::Serverless-2016-10-31"),
        ("AWS::LanguageExtensions", []),
    ],
)
def test_the_other_transforms_stay(declared: Any, left: Any) -> None:
    assert expand({"Transform": declared})["Transform"] == left
