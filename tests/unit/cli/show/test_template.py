"""Templates: what Go makes of the same texts."""

from __future__ import annotations

import pytest

from perry_ffi.cli.show.template import Template
from perry_ffi.errors import ValidationError

ROW = {
    "Name": "shop-web-1",
    "Running": True,
    "Count": 3,
    "Share": 1.5,
    "Ports": ["80", "443"],
    "Labels": {"b": "2", "a": "1"},
    "Nothing": None,
    "Empty": "",
    "Rows": [{"Port": "80"}, {"Port": "443", "In": {"Deep": "x"}}],
    "Odd": "<a\"'&b>",
    "Label": lambda name: {"a": "1"}.get(name, ""),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{.Name}}", "shop-web-1"),
        ("{{ .Name }}: {{.Count}} {{.Share}} {{.Running}}", "shop-web-1: 3 1.5 true"),
        ("{{.Ports}} {{.Labels}} {{.Nothing}}", "[80 443] map[a:1 b:2] <no value>"),
        ("{{.Labels.a}}", "1"),
        ('{{.Label "a"}}{{.Label "none"}}', "1"),
        ("{{upper .Name}} {{.Name | upper}} {{.Name|title|lower}}", "SHOP-WEB-1 SHOP-WEB-1 shop-web-1"),
        ('{{join .Ports ", "}}', "80, 443"),
        ('{{json .Ports}} {{json .Name}} {{json .Labels}}', '["80","443"] "shop-web-1" {"b":"2","a":"1"}'),
        ('{{index .Ports 1}} {{index .Labels "b"}} {{len .Ports}}', "443 2 2"),
        ('{{println .Name .Count}}|', "shop-web-1 3\n|"),
        ('{{printf "%-12s|%03d|%.1f%%|%q" .Name .Count .Share .Name}}', 'shop-web-1  |003|1.5%|"shop-web-1"'),
        ('{{print "a" "b" 1 2 "c"}}', "ab1 2c"),
        ('{{slice .Name 0 4}}{{truncate .Name 4}}{{pad "x" 1 2}}|', "shopshop x  |"),
        ('{{join (split .Name "-") "/"}}', "shop/web/1"),
        ("{{if .Running}}up{{else}}down{{end}}", "up"),
        ("{{if .Empty}}a{{else if eq .Count 3}}b{{else}}c{{end}}", "b"),
        ('{{if and .Running (gt .Count 2)}}yes{{end}}{{if not .Empty}}!{{end}}', "yes!"),
        ('{{if or .Empty .Nothing}}yes{{else}}no{{end}}', "no"),
        ("{{range .Ports}}<{{.}}>{{end}}", "<80><443>"),
        ("{{range $i, $port := .Ports}}{{if $i}},{{end}}{{$port}}{{end}}", "80,443"),
        ("{{range $name, $value := .Labels}}{{$name}}={{$value}};{{end}}", "a=1;b=2;"),
        ("{{range .Empty}}x{{else}}none{{end}}", "none"),
        ("{{range .Ports}}{{$.Name}}{{.}} {{end}}", "shop-web-180 shop-web-1443 "),
        ("{{with .Labels}}{{.a}}{{end}}", "1"),
        ("{{with $x := .Name}}{{$x}}{{end}}{{with .Empty}}x{{else}}y{{end}}", "shop-web-1y"),
        ("{{$n := .Name}}{{$n}}", "shop-web-1"),
        ("{{(index .Rows 1).Port}} {{len (index .Rows 0).Port}} {{(index .Rows 1).In.Deep | upper}}", "443 2 X"),
        ("{{.Name | printf (print `%s!`)}} {{.Name|print (.Count)}}", "shop-web-1! 3shop-web-1"),
        ('{{html .Odd}} {{.Odd | urlquery}} {{js .Odd}}', "&lt;a&#34;&#39;&amp;b&gt; %3Ca%22%27%26b%3E \\u003Ca\\\"\\'\\u0026b\\u003E"),
        ("a  {{- .Name -}}  b", "ashop-web-1b"),
        ("{{/* nothing */}}{{.Count}}{{- /* nor here */ -}} x", "3x"),
        ("{{`raw\\n`}}{{\"a\\tb\"}}", "raw\\na\tb"),
        ('{{eq .Name "x" "shop-web-1"}} {{ne .Count 3}} {{lt .Count 4}}', "true false true"),
    ],
)  # fmt: skip
def test_it_makes(text: str, expected: str) -> None:
    assert Template(text).text(ROW) == expected


def test_a_row_as_json_has_its_values_alone() -> None:
    assert Template("{{json .}}").text({"A": 1, "Label": len}) == '{"A":1}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{.Nope}}", "no member .Nope (there are Name, Running, "),
        ("{{.Name.x}}", "no member .x"),
        ("{{nope .Name}}", "unknown function nope (there are and, "),
        ("{{.Name", "without }}"),
        ('{{"x}}', "without its end"),
        ("{{if .Name}}x", "without {{end}}"),
        ("x{{end}}", "ends nothing"),
        ("{{}}", "without a value"),
        ("{{$x}}", "unknown variable $x"),
        ('{{index .Ports 9}}', "index cannot take"),
        ("{{lt .Name 3}}", "lt cannot take"),
        ('{{printf "%z" 1}}', "printf cannot take"),
        ("{{(.Name}}", "without its )"),
        ("{{.Name 1}}", "takes none"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Template(text).text(ROW)
    assert said in caught.value.message and caught.value.message.startswith("--format: ")
