//! What the shipped themes promise to eyes: enough contrast, meaning without colour, the terminal's own background.

use ratatui::style::{Color, Modifier, Style};

use super::{
    Depth, ROLES, Role, THEMES, Theme,
    colour::{ANSI, Colour, contrast},
    load,
};

const BLACK: [u8; 3] = [0; 3];
const WHITE: [u8; 3] = [255; 3];

/// What may recede: it has to be readable, not to be seen first.
const RECEDING: [Role; 9] = [
    Role::Dim,
    Role::Ok,
    Role::Stale,
    Role::Suppressed,
    Role::Footer,
    Role::ColumnHead,
    Role::Rule,
    Role::Spark,
    Role::Threshold,
];

/// The only places with a background of their own.
const CHIPS: [Role; 5] = [Role::Cursor, Role::Header, Role::HeaderProduction, Role::Demo, Role::Footer];

/// What must be told apart at a glance.
const VERDICTS: [Role; 4] = [Role::Ok, Role::Warning, Role::Critical, Role::Unknown];

const DEPTHS: [Depth; 4] = [Depth::Mono, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor];

fn shipped() -> Vec<Theme> {
    THEMES.shipped.iter().map(|shipped| load(shipped.name, None).unwrap()).collect()
}

/// The shade of a colour as xterm shows it.
fn shade(colour: Color) -> [u8; 3] {
    match colour {
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(number) => Colour::Indexed(number).shade().unwrap(),
        named => ANSI.iter().find(|(.., ansi)| *ansi == named).unwrap().1,
    }
}

#[test]
fn text_stands_out_from_what_is_behind_it() {
    for theme in shipped() {
        let behind = if theme.name() == "light" { WHITE } else { BLACK };
        for depth in [Depth::TrueColor, Depth::Ansi256] {
            let theme = theme.at_depth(depth);
            let cursor = theme.style(Role::Cursor).bg.map(shade);
            for entry in ROLES {
                let style = theme.style(entry.role);
                let Some(fg) = style.fg.map(shade) else { continue };
                for behind in style.bg.map_or_else(|| [Some(behind), cursor], |own| [Some(shade(own)), None]) {
                    let Some(behind) = behind else { continue };
                    // On the row under the cursor high contrast is what is usual elsewhere.
                    let high = theme.name() == "high-contrast" && cursor != Some(behind);
                    let usual = if RECEDING.contains(&entry.role) { 3.0 } else { 4.5 };
                    let (got, least) = (contrast(fg, behind), if high { 7.0 } else { usual });
                    let place = format!("{} {depth:?}: {}", theme.name(), entry.name);
                    assert!(got >= least, "{place} has {got:.2} on {behind:?}, not {least}");
                }
            }
        }
    }
}

/// Nobody knows the background of a terminal with sixteen colours.
#[test]
fn sixteen_colours_can_be_read_on_black_and_on_white() {
    for theme in shipped() {
        let theme = theme.at_depth(Depth::Ansi16);
        for entry in ROLES {
            let Style { fg: Some(fg), bg, .. } = theme.style(entry.role) else { continue };
            for behind in bg.map_or_else(|| vec![BLACK, WHITE], |bg| vec![shade(bg)]) {
                let got = contrast(shade(fg), behind);
                assert!(got >= 3.0, "{}: {} has {got:.2} on {behind:?}", theme.name(), entry.name);
            }
        }
    }
}

#[test]
fn without_colour_there_is_no_colour_at_all() {
    let colourless = |style: Style| style.fg.is_none() && style.bg.is_none() && style.underline_color.is_none();
    for theme in shipped() {
        for entry in ROLES {
            assert!(colourless(theme.at_depth(Depth::Mono).style(entry.role)), "{}: {}", theme.name(), entry.name);
        }
    }
    let mono = load("mono", None).unwrap();
    for depth in DEPTHS {
        for entry in ROLES {
            assert!(colourless(mono.at_depth(depth).style(entry.role)), "{depth:?}: {}", entry.name);
        }
    }
}

#[test]
fn the_background_is_the_terminals_own() {
    for theme in shipped() {
        for depth in DEPTHS {
            for entry in ROLES.iter().filter(|entry| !CHIPS.contains(&entry.role)) {
                assert_eq!(
                    theme.at_depth(depth).style(entry.role).bg,
                    None,
                    "{} {depth:?}: {}",
                    theme.name(),
                    entry.name
                );
            }
        }
    }
}

#[test]
fn verdicts_are_told_apart_and_production_is_unmistakable_at_every_depth() {
    for theme in shipped() {
        for depth in DEPTHS {
            let theme = theme.at_depth(depth);
            for (nth, one) in VERDICTS.iter().enumerate() {
                for other in &VERDICTS[nth + 1..] {
                    assert_ne!(theme.style(*one), theme.style(*other), "{} {depth:?}: {one:?} {other:?}", theme.name());
                }
            }
            let (usual, production) = (theme.style(Role::Header), theme.style(Role::HeaderProduction));
            let filled = |style: Style| style.bg.is_some() || style.add_modifier.contains(Modifier::REVERSED);
            assert!(filled(production) && !filled(usual), "{} {depth:?}", theme.name());
            assert!(filled(theme.style(Role::Cursor)), "{} {depth:?}: the cursor cannot be seen", theme.name());
        }
    }
}

/// How people with a full colour-vision deficiency see linear RGB (Machado, Oliveira and Fernandes, 2009).
const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
    ("trichromat", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanope",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deuteranope",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
    (
        "tritanope",
        [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
    ),
];

/// A shade in CIELAB (D65) as somebody sees it.
fn lab(shade: [u8; 3], vision: &[[f64; 3]; 3]) -> [f64; 3] {
    let times =
        |matrix: &[[f64; 3]; 3], vector: [f64; 3]| matrix.map(|row| (0..3).map(|n| row[n] * vector[n]).sum::<f64>());
    let linear = shade.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    let seen = times(vision, linear).map(|channel| channel.clamp(0.0, 1.0));
    let xyz = times(&[[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0178, 0.1095, 0.8728]], seen);
    let [x, y, z] = xyz.map(|value| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn color_blind_tells_verdicts_apart_for_every_kind_of_colour_vision() {
    let theme = load("color-blind", None).unwrap();
    for (who, vision) in &VISIONS {
        for (nth, one) in VERDICTS.iter().enumerate() {
            for other in &VERDICTS[nth + 1..] {
                let [a, b] = [one, other].map(|role| lab(shade(theme.style(*role).fg.unwrap()), vision));
                let apart = (0..3).map(|n| (a[n] - b[n]).powi(2)).sum::<f64>().sqrt();
                assert!(apart >= 20.0, "{who}: {one:?} and {other:?} are only {apart:.0} apart");
            }
        }
    }
}
