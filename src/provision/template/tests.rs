//! Cases whose answers are Terraform's own (`tests/it/local_stack` holds them against the real one where it is there).

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Templates and what Terraform 1.11 makes of them with [`variables`].
pub(super) const CASES: [(&str, &str); 19] = [
    ("x\n%{ for v in l ~}\n    - ${v}\n%{ endfor ~}\n  y\n", "x\n    - p\n    - q\n  y\n"),
    ("x %{ for v in l ~}  \n\n\n    - ${v}\n%{ endfor ~}\n\n\n  y\n", "x \n\n    - p\n\n\n    - q\n\n\n  y\n"),
    ("x  \n\n   %{~ for v in l }\n    - ${v}\n  %{~ endfor }\n  y\n", "x  \n\n\n    - p\n\n    - q\n\n  y\n"),
    ("a  ${~ s ~}  b\n", "aSb\n"),
    ("%{ if t ~}  yes  %{~ else ~}  no %{~ endif ~}\n\n   z", "yes\n   z"),
    ("%{ if !t ~}  yes  %{~ else ~}  no %{~ endif }\n\n   z", "no\n\n   z"),
    ("$${a} %%{ b } $ % {} $a %a $$a %%a $$$ ${s}$ $$${s}\n", "${a} %{ b } $ % {} $a %a $$a %%a $$$ S$ $${s}\n"),
    ("%{ if t ~}\n\t\r\n a\r\n%{ endif ~}\r\n  b\r\n", "\t\r\n a\r\n  b\r\n"),
    ("${n} ${f} ${t} ${big}\n", "12 1.5 true 123456789012\n"),
    ("%{ if can(o.x) }X%{ endif }%{ if can(o.y) }Y%{ endif }|\n", "Y|\n"),
    ("%{ for k, v in m }${k}=${v} %{ endfor }%{ for i, v in l }${i}:${v} %{ endfor }\n", "a=1 b=2 0:p 1:q \n"),
    ("%{ if t }\n%{ if t ~}\n  a\n%{ endif ~}\n%{ endif ~}\n   \n  b", "\n  a\n   \n  b"),
    ("a %{ if t ~} ${s} %{ endif ~} b", "a S b"),
    ("%{if t~}x%{endif}%{for v in l~}${v}%{endfor}${ s }", "xpqS"),
    ("x\n%{~ if t }y%{ endif }", "xy"),
    ("x  \n\n%{~ if t }y%{ endif }", "x  \ny"),
    ("%{ for v in l }${v}%{ for w in l }${v}${w},%{ endfor };%{ endfor }.", "ppp,pq,;qqp,qq,;."),
    ("%{ for v in l ~}\n\n%{ endfor ~}\n${l.1} ${o.y}", "\n\nq 1"),
    ("héllo ${s}\n%{ if t ~}\nü %{ endif ~}\n", "héllo S\nü "),
];

pub(super) fn variables() -> Value {
    json!({
        "l": ["p", "q"], "s": "S", "t": true, "n": 12, "f": 1.5, "big": 123_456_789_012_u64,
        "o": { "y": 1 }, "m": { "b": "2", "a": "1" },
    })
}

#[test]
fn templates_come_out_as_terraform_renders_them() {
    for (template, wanted) in CASES {
        assert_eq!(render("t", template, &variables()).as_deref(), Ok(wanted), "{template:?}");
    }
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    for (template, wanted) in [
        ("a\n  ${nope}", "t:2:5: there is no variable `nope`"),
        ("ü ${o.nope.z}", "t:1:5: there is no variable `o.nope`"),
        ("${ o }", "t:1:4: `o` is a map, not a text, a number or a flag"),
        ("%{ if s }%{ endif }", "t:1:7: `s` is a text, not true or false"),
        ("%{ for v in s }%{ endfor }", "t:1:13: `s` is a text, not a list or a map"),
        ("%{ for k, v in m }${k.x}%{ endfor }", "t:1:21: there is no variable `k.x`"),
        ("%{ for in l }%{ endfor }", "t:1:8: expected `for value in list` or `for key, value in map`"),
        ("%{ for v in l }", "t:1:8: this `for` has no `endfor`"),
        ("\n%{ if t }", "t:2:4: this `if` has no `endif`"),
        ("%{ if t }%{ endfor }", "t:1:13: expected `endif`"),
        ("%{ if t }%{ else }%{ else }%{ endif }", "t:1:22: expected `endif`"),
        ("%{ for v in l }%{ endif }", "t:1:19: expected `endfor`"),
        ("%{ endif }", "t:1:4: there is nothing that this ends"),
        ("%{ else x }", "t:1:9: nothing follows `else`"),
        ("%{ while }", "t:1:4: `while`: expected if, for, else, endif or endfor"),
        ("a ${s", "t:1:3: `${` has no end"),
        ("${upper(s)}", "t:1:3: `upper(s)`: only variables, like a.b, are understood here"),
        ("${l[0]}", "t:1:3: `l[0]`: only variables, like a.b, are understood here"),
        ("${l.2}", "t:1:3: there is no variable `l.2`"),
    ] {
        assert_eq!(render("t", template, &variables()).unwrap_err().to_string(), wanted, "{template:?}");
    }
}

proptest! {
    #[test]
    fn anything_is_rendered_or_refused(template in "([$%]{0,2}\\{~? ?(for v in l|if t|endfor|endif|else|s|v|o\\.y)? ?~?\\}|[ \n$%a{}~ü]){0,12}") {
        let _ = render("t", &template, &variables());
    }

    #[test]
    fn text_without_sequences_stays_as_it_is(text in "[^$%]{0,60}") {
        prop_assert_eq!(render("t", &text, &variables()), Ok(text));
    }
}
