//! What a word of time means, in whatever language it is written.

use jiff::civil::Weekday;

use super::named::Relation;

/// The words of one language: folded, lower case, whole words. One phrase has one meaning in it.
pub type Table = &'static [(Word, &'static [&'static str])];

/// What a word, or a few of them, say about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// How the time after it is meant: "by", "at", "within".
    Prep(Prep),
    /// Announces a deadline, with or without "is" and a colon: "due", "deadline".
    Due,
    /// Makes a deadline of the time before or after it: "at the latest".
    Latest,
    /// Makes a beginning of the time before it: "from monday on".
    Onwards,
    /// What comes again and again names no one time: "every".
    Every,
    /// Stands between two ends of a range: "to".
    To,
    /// Stands between the ends of "between 2 and 3".
    And,
    /// Little words that may stand between a day and an hour: "the".
    Glue,
    /// Makes a time less exact: "about".
    About,
    /// Words that may follow a bare hour, because they are no noun: "we", "if".
    Then,
    /// What is counted with numbers that are no hours: "eur", "percent".
    Measure,
    /// A day by its distance from today.
    Day(i8),
    /// A part of such a day: "tonight", "this morning".
    DayPart(i8, Part),
    /// A part of a day, when a day or "this" stands beside it: "morning".
    Part(Part),
    /// A part of a day by itself: "in the morning". It also tells which half of the day an hour is in.
    InPart(Part),
    /// A day of the week.
    Weekday(Weekday),
    /// The same, in letters that are other words, too: "sun", "mi".
    WeakDay(Weekday),
    /// A month, 1 to 12.
    Month(i8),
    /// Which one: "next".
    Which(Which),
    /// The end of a day, a week, a month, counted from the present one: "eod", "end of next week".
    End(Unit, i8),
    /// A unit of time: "min", "hours".
    Unit(Unit),
    /// Half an hour, as a length.
    HalfHour,
    /// A number in letters.
    Number(u8),
    /// One, where something is counted: "an hour".
    Article,
    /// Before noon.
    Am,
    /// After noon.
    Pm,
    /// "o'clock", "uhr".
    Oclock,
    /// "h", before or without minutes: "17h30".
    Aitch,
    /// 12:00.
    Noon,
    /// 24:00.
    Midnight,
    /// Minutes to add to the hour that follows: "half past", "viertel vor".
    Past(i8),
    /// Minutes to add to the hour before it: "et demie", "menos cuarto".
    Plus(i8),
    /// A length of time back: "ago".
    Ago,
    /// A length of time by which somebody comes later, or is away: "late", "away".
    Late,
    /// A day of the month follows: "the", "día".
    DayOf,
    /// "st", "th", "º".
    Ordinal,
    /// A zone, by its name in the database.
    Zone(&'static str),
    /// Whose clock it is, where no name of a zone can be taken from it: "your time".
    Someones,
}

impl Word {
    /// Whether a time may begin with it.
    pub fn may_begin(self) -> bool {
        let never = matches!(self, Self::Onwards | Self::To | Self::And | Self::Glue | Self::About | Self::Then)
            || matches!(self, Self::Am | Self::Pm | Self::Oclock | Self::Aitch | Self::Plus(_) | Self::Measure)
            || matches!(self, Self::Ago | Self::Late | Self::Ordinal | Self::Zone(_) | Self::Someones);
        !never
    }

    /// Whether it is one of the words without which, or a number, there is no time.
    pub fn is_core(self) -> bool {
        matches!(self, Self::Day(_) | Self::DayPart(..) | Self::Part(_) | Self::InPart(_) | Self::Weekday(_))
            || matches!(self, Self::WeakDay(_) | Self::Month(_) | Self::End(..) | Self::Unit(_) | Self::HalfHour)
            || matches!(self, Self::Number(_) | Self::Noon | Self::Midnight | Self::Past(_))
    }
}

/// Prepositions, by what they do to a moment ("17:00"), a length ("5 minutes") and a bare hour ("5").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prep {
    /// A moment, a bare hour too: "at", "um", "a las".
    At,
    /// A moment, but no bare hour: "on", "am", "le".
    On,
    /// A month, or a length from now: "in".
    In,
    /// A length from now: "dans", "tra".
    InSpan,
    /// The last moment, a bare hour too: "by", "until".
    By,
    /// The last moment; of a day its beginning: "before".
    Before,
    /// Any time in a length: "within", "valid for".
    Within,
    /// The last moment, or any time in a length: "entro", "d'ici".
    ByOrWithin,
    /// Before a moment, or a length ago: German "vor".
    BeforeOrAgo,
    /// A length ago: "il y a", "hace".
    Back,
    /// The first moment: "from", "ab".
    From,
    /// The first moment; of a day its end: "after".
    After,
    /// The first moment, which is over: "since".
    Since,
    /// A moment, or the first end of a range: "de", "von".
    Of,
    /// Two ends follow: "between". Italian "tra" is "in", too.
    Between,
}

/// How a length of time is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The moment at its end.
    Point,
    /// Any moment until its end.
    Until,
    /// The moment so long ago.
    Back,
}

impl Prep {
    /// What it makes of a moment; `None` where it takes none.
    pub fn relation(self) -> Option<Relation> {
        match self {
            Self::At | Self::On | Self::In | Self::Of => Some(Relation::At),
            Self::By | Self::Before | Self::ByOrWithin | Self::BeforeOrAgo => Some(Relation::By),
            Self::From | Self::After | Self::Since => Some(Relation::From),
            Self::Between => Some(Relation::Range),
            Self::InSpan | Self::Within | Self::Back => None,
        }
    }

    /// What it makes of a length; `None` where it takes none.
    pub fn length(self) -> Option<Length> {
        match self {
            Self::In | Self::InSpan | Self::Between => Some(Length::Point),
            Self::Within | Self::ByOrWithin => Some(Length::Until),
            Self::BeforeOrAgo | Self::Back => Some(Length::Back),
            _ => None,
        }
    }

    /// Whether a bare number after it may be an hour.
    pub fn bare(self) -> Bare {
        match self {
            Self::On | Self::In | Self::InSpan | Self::Within | Self::Back => Bare::No,
            Self::Of => Bare::Range,
            _ => Bare::Yes,
        }
    }
}

/// Whether a bare number may be an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// It may: "at 9".
    Yes,
    /// As the beginning of a range: "de 9 a 10".
    Range,
    /// Only with more beside it: "9 pm".
    No,
}

/// Parts of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 6 to 12.
    Morning,
    /// 12 to 14.
    Lunch,
    /// 12 to 18.
    Afternoon,
    /// 18 to 24.
    Evening,
}

/// Which week or weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one before this.
    Last,
    /// This one, or the coming one.
    This,
    /// The one after this.
    Next,
    /// The next one that comes, not today: "vendredi prochain".
    Coming,
}

/// Units of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days of the calendar.
    Day,
    /// Weeks; as a period from Monday on.
    Week,
    /// Saturday and Sunday.
    Weekend,
    /// Months.
    Month,
    /// Years.
    Year,
}
