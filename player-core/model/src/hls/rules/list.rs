//! The table of rules: name, section, sentence. `tests/fixtures/playlists` has a playlist that keeps and one that breaks
//! each of them.

use crate::hls::tags::{Section, bis, rfc};

macro_rules! rules {
    ($($rule:ident $id:literal $document:ident $number:literal $sentence:literal;)+) => {
        /// A rule of strict mode.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $sentence] $rule,)+
        }

        impl Rule {
            /// All rules, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$rule,)+];

            /// Its name, as in the names of fixtures.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$rule => $id,)+
                }
            }

            /// Where it is written.
            pub const fn section(self) -> Section {
                match self {
                    $(Self::$rule => $document($number),)+
                }
            }

            /// What it asks for.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$rule => $sentence,)+
                }
            }
        }
    };
}

rules! {
    ByteOrderMark "byte-order-mark" rfc "4.1" "a playlist does not begin with a byte order mark";
    ControlCharacter "control-character" rfc "4.1" "a playlist has no control characters but line ends";
    LineEnd "line-end" rfc "4.1" "lines end with LF or with CR LF";
    Whitespace "whitespace" rfc "4.1" "lines have no white space but where it is allowed";
    OneKind "one-kind" rfc "4.1" "a playlist has tags of media playlists or of multivariant playlists, not both";
    AttributeSyntax "attribute-syntax" rfc "4.2" "an attribute list is NAME=value, separated by commas";
    AttributeRepeated "attribute-repeated" rfc "4.2" "an attribute comes once in its list";
    AttributeType "attribute-type" rfc "4.2" "an attribute's value is of its type";
    AttributeWord "attribute-word" rfc "4.2" "an enumerated value is one of those that are defined";
    FirstLine "first-line" rfc "4.3.1.1" "the first line is #EXTM3U";
    VersionValue "version-value" rfc "4.3.1.2" "the version is a whole number";
    VersionRepeated "version-repeated" rfc "4.3.1.2" "a playlist has one EXT-X-VERSION at most";
    SegmentUri "segment-uri" rfc "4.3.2" "the tags of a segment are followed by its address";
    ExtinfValue "extinf-value" rfc "4.3.2.1" "EXTINF is a decimal number of seconds and a comma";
    ExtinfMissing "extinf-missing" rfc "4.3.2.1" "each segment has an EXTINF";
    ByteRangeValue "byterange-value" rfc "4.3.2.2" "a byte range is length or length@offset";
    ByteRangeOffset "byterange-offset" rfc "4.3.2.2" "a byte range without an offset follows one of the same resource";
    KeyMethod "key-method" rfc "4.3.2.4" "a key has a METHOD";
    KeyUri "key-uri" rfc "4.3.2.4" "a key has a URI unless its METHOD is NONE";
    KeyNone "key-none" rfc "4.3.2.4" "a key with METHOD=NONE has no other attributes";
    KeyIv "key-iv" rfc "4.3.2.4" "an IV has 128 bits";
    KeyFormatVersions "keyformatversions" rfc "4.3.2.4" "KEYFORMATVERSIONS are positive whole numbers, separated by /";
    MapUri "map-uri" rfc "4.3.2.5" "an init section has a URI";
    MapIv "map-iv" rfc "4.3.2.5" "the key of an init section that is encrypted with AES-128 has an IV";
    DateTimeValue "date-time-value" rfc "4.3.2.6" "EXT-X-PROGRAM-DATE-TIME is an ISO 8601 date and time";
    DateRangeId "daterange-id" rfc "4.3.2.7" "a date range has an ID";
    DateRangeStart "daterange-start" rfc "4.3.2.7" "a date range has a START-DATE";
    DateRangeEnd "daterange-end" rfc "4.3.2.7" "a date range does not end before it starts";
    DateRangeLength "daterange-length" rfc "4.3.2.7" "DURATION and END-DATE of a date range agree";
    DateRangeNextClass "daterange-next-class" rfc "4.3.2.7" "a date range with END-ON-NEXT has a CLASS";
    DateRangeNextLength "daterange-next-length" rfc "4.3.2.7" "a date range with END-ON-NEXT has neither DURATION nor END-DATE";
    DateRangeNextOverlap "daterange-next-overlap" rfc "4.3.2.7" "date ranges of one CLASS do not overlap if one of them has END-ON-NEXT";
    DateRangeClient "daterange-client" rfc "4.3.2.7" "a client-defined attribute (X-) is a quoted string, a hexadecimal sequence or a decimal number";
    DateRangeConflict "daterange-conflict" rfc "4.3.2.7" "date ranges with the same ID do not contradict each other";
    DateRangeDate "daterange-date" rfc "4.3.2.7" "a playlist with date ranges has an EXT-X-PROGRAM-DATE-TIME";
    TagRepeated "tag-repeated" rfc "4.3.3" "a tag about the whole media playlist comes once";
    TargetDurationMissing "target-duration-missing" rfc "4.3.3.1" "a media playlist has an EXT-X-TARGETDURATION";
    TargetDurationValue "target-duration-value" rfc "4.3.3.1" "EXT-X-TARGETDURATION is a whole number of seconds";
    SegmentTooLong "segment-too-long" rfc "4.3.3.1" "a segment, rounded to seconds, is not longer than the target duration";
    MediaSequenceValue "media-sequence-value" rfc "4.3.3.2" "EXT-X-MEDIA-SEQUENCE is a whole number";
    MediaSequenceLate "media-sequence-late" rfc "4.3.3.2" "EXT-X-MEDIA-SEQUENCE comes before the first segment";
    DiscontinuitySequenceValue "discontinuity-sequence-value" rfc "4.3.3.3" "EXT-X-DISCONTINUITY-SEQUENCE is a whole number";
    DiscontinuitySequenceLate "discontinuity-sequence-late" rfc "4.3.3.3" "EXT-X-DISCONTINUITY-SEQUENCE comes before the first segment and discontinuity";
    PlaylistTypeValue "playlist-type-value" rfc "4.3.3.5" "EXT-X-PLAYLIST-TYPE is EVENT or VOD";
    MediaType "media-type" rfc "4.3.4.1" "a rendition has a TYPE";
    MediaGroup "media-group" rfc "4.3.4.1" "a rendition has a GROUP-ID";
    MediaName "media-name" rfc "4.3.4.1" "a rendition has a NAME";
    CaptionsUri "captions-uri" rfc "4.3.4.1" "closed captions have no URI";
    CaptionsInstream "captions-instream" rfc "4.3.4.1" "closed captions have an INSTREAM-ID";
    InstreamOther "instream-other" rfc "4.3.4.1" "only closed captions have an INSTREAM-ID (others from version 13 on)";
    InstreamValue "instream-value" rfc "4.3.4.1" "an INSTREAM-ID is CC1 to CC4 or SERVICE1 to SERVICE63";
    ForcedOther "forced-other" rfc "4.3.4.1" "only subtitles have FORCED";
    DefaultAutoselect "default-autoselect" rfc "4.3.4.1" "a default rendition does not say AUTOSELECT=NO";
    Language "language" rfc "4.3.4.1" "LANGUAGE and ASSOC-LANGUAGE are tags of RFC 5646, such as de or pt-BR";
    Channels "channels" rfc "4.3.4.1" "CHANNELS of audio begin with their number";
    ChannelsMissing "channels-missing" rfc "4.3.4.1" "audio has CHANNELS where two renditions of its codec have different numbers of them";
    GroupNames "group-names" rfc "4.3.4.1.1" "renditions of a group have different names";
    GroupDefault "group-default" rfc "4.3.4.1.1" "a group has one default rendition at most";
    GroupMembers "group-members" rfc "4.3.4.1.1" "groups of one TYPE have the same members";
    GroupAttributes "group-attributes" rfc "4.3.4.1.1" "members of one NAME have the same attributes in all groups of their TYPE, except URI and CHANNELS";
    StreamInfBandwidth "stream-inf-bandwidth" rfc "4.3.4.2" "a variant stream has a BANDWIDTH";
    StreamInfUri "stream-inf-uri" rfc "4.3.4.2" "EXT-X-STREAM-INF is followed by an address";
    StreamInfMissing "stream-inf-missing" rfc "4.3.4.2" "an address in a multivariant playlist follows an EXT-X-STREAM-INF";
    ResolutionZero "resolution-zero" rfc "4.3.4.2" "a RESOLUTION is that of a picture, which is not zero pixels wide or high";
    BandwidthPeak "bandwidth-peak" rfc "4.3.4.2" "BANDWIDTH is not below the peak bit rate of the segments, with those of the audio";
    BandwidthAverage "bandwidth-average" rfc "4.3.4.2" "AVERAGE-BANDWIDTH is, within a tenth, the average bit rate of the segments, with those of the audio";
    GroupMissing "group-missing" rfc "4.3.4.2" "a group that a variant stream names has renditions";
    CaptionsNone "captions-none" rfc "4.3.4.2" "if one variant stream says CLOSED-CAPTIONS=NONE, all do";
    IFrameBandwidth "i-frame-bandwidth" rfc "4.3.4.3" "an I-frame playlist has a BANDWIDTH";
    IFrameUri "i-frame-uri" rfc "4.3.4.3" "an I-frame playlist has a URI";
    IFrameAttributes "i-frame-attributes" rfc "4.3.4.3" "an I-frame playlist has no FRAME-RATE, AUDIO, SUBTITLES or CLOSED-CAPTIONS";
    IFramesOnly "i-frames-only" rfc "4.3.4.3" "a playlist of EXT-X-I-FRAME-STREAM-INF has EXT-X-I-FRAMES-ONLY";
    SessionDataId "session-data-id" rfc "4.3.4.4" "session data have a DATA-ID";
    SessionDataContent "session-data-content" rfc "4.3.4.4" "session data have a VALUE or a URI, not both";
    SessionDataRepeated "session-data-repeated" rfc "4.3.4.4" "session data of one DATA-ID differ in LANGUAGE";
    SessionDataLanguage "session-data-language" rfc "4.3.4.4" "the LANGUAGE of session data is a tag of RFC 5646";
    SessionKeyMethod "session-key-method" rfc "4.3.4.5" "a session key has a METHOD";
    SessionKeyUri "session-key-uri" rfc "4.3.4.5" "a session key has a URI";
    SessionKeyNone "session-key-none" rfc "4.3.4.5" "the METHOD of a session key is not NONE";
    SessionKeyRepeated "session-key-repeated" rfc "4.3.4.5" "session keys differ in METHOD, URI, IV, KEYFORMAT or KEYFORMATVERSIONS";
    SessionKeyDiffers "session-key-differs" rfc "4.3.4.5" "a session key has the METHOD, KEYFORMAT and KEYFORMATVERSIONS of a key with its URI";
    SharedRepeated "shared-repeated" rfc "4.3.5" "EXT-X-INDEPENDENT-SEGMENTS and EXT-X-START come once";
    SharedDiffers "shared-differs" rfc "4.3.5" "a tag that stands in the multivariant playlist and in a media playlist says the same in both";
    StartOffset "start-offset" rfc "4.3.5.2" "EXT-X-START has a TIME-OFFSET";
    LiveShort "live-short" rfc "6.2.2" "a live playlist that segments were removed from lasts three target durations or more";
    TogetherTarget "together-target" rfc "6.2.4" "the media playlists of a presentation have the same target duration (VOD subtitles and I-frames are free)";
    TogetherKind "together-kind" rfc "6.2.4" "the media playlists of a presentation have the same EXT-X-PLAYLIST-TYPE, or none";
    TogetherDates "together-dates" rfc "6.2.4" "either all media playlists of a presentation have EXT-X-PROGRAM-DATE-TIME or none";
    TogetherDiscontinuities "together-discontinuities" rfc "6.2.4" "the same content has the same discontinuity sequence number in all media playlists";
    TogetherLength "together-length" rfc "6.2.4" "content that not all media playlists have is at the beginning or the end, and not longer than the target duration";
    VersionIv "version-iv" rfc "7" "an IV needs version 2";
    VersionDecimal "version-decimal" rfc "7" "an EXTINF with a fraction needs version 3";
    VersionByteRange "version-byterange" rfc "7" "EXT-X-BYTERANGE and EXT-X-I-FRAMES-ONLY need version 4";
    VersionKeyFormat "version-keyformat" rfc "7" "KEYFORMAT and KEYFORMATVERSIONS need version 5";
    VersionMap "version-map" rfc "7" "EXT-X-MAP needs version 6, or 5 with EXT-X-I-FRAMES-ONLY";
    VersionService "version-service" rfc "7" "INSTREAM-ID=\"SERVICE\" needs version 7";
    VariableUndefined "variable-undefined" bis "4.3" "a variable is defined before it is used";
    DefineOne "define-one" bis "4.4.2.3" "EXT-X-DEFINE has one of NAME, IMPORT and QUERYPARAM";
    DefineValue "define-value" bis "4.4.2.3" "EXT-X-DEFINE with NAME has a VALUE";
    DefineName "define-name" bis "4.4.2.3" "names of variables are letters, digits, - and _";
    DefineRepeated "define-repeated" bis "4.4.2.3" "a variable is defined once";
    DefineImport "define-import" bis "4.4.2.3" "multivariant playlists import nothing";
    DefineQuery "define-query" bis "4.4.2.3" "QUERYPARAM names a parameter of the playlist's address";
    PartTarget "part-target" bis "4.4.3.7" "EXT-X-PART-INF has a PART-TARGET";
    PartInfMissing "part-inf-missing" bis "4.4.3.7" "a playlist with parts has an EXT-X-PART-INF";
    SkipUntil "skip-until" bis "4.4.3.8" "CAN-SKIP-UNTIL is six target durations or more";
    SkipDates "skip-dates" bis "4.4.3.8" "CAN-SKIP-DATERANGES needs CAN-SKIP-UNTIL";
    HoldBack "hold-back" bis "4.4.3.8" "HOLD-BACK is three target durations or more";
    PartHoldBack "part-hold-back" bis "4.4.3.8" "PART-HOLD-BACK is two part targets or more";
    PartHoldBackMissing "part-hold-back-missing" bis "4.4.3.8" "a playlist with EXT-X-PART-INF has a PART-HOLD-BACK";
    BitrateValue "bitrate-value" bis "4.4.4.8" "EXT-X-BITRATE is a whole number of kbit/s";
    PartUri "part-uri" bis "4.4.4.9" "a part has a URI";
    PartDuration "part-duration" bis "4.4.4.9" "a part has a DURATION";
    PartTooLong "part-too-long" bis "4.4.4.9" "a part is not longer than the part target";
    PartTooShort "part-too-short" bis "4.4.4.9" "a part within a segment, neither independent nor at a gap, has 85 % of the part target";
    SkipSegments "skip-segments" bis "4.4.5.2" "EXT-X-SKIP has SKIPPED-SEGMENTS";
    HintType "hint-type" bis "4.4.5.3" "a preload hint has a TYPE";
    HintUri "hint-uri" bis "4.4.5.3" "a preload hint has a URI";
    HintEnded "hint-ended" bis "4.4.5.3" "a playlist that has ended has no preload hint";
    ReportUri "report-uri" bis "4.4.5.4" "a rendition report has a URI";
    SubtitlesUri "subtitles-uri" bis "4.4.6.1" "subtitles have a URI";
    SteeringUri "steering-uri" bis "4.4.6.6" "EXT-X-CONTENT-STEERING has a SERVER-URI";
    SteeringRepeated "steering-repeated" bis "4.4.6.6" "a playlist has one EXT-X-CONTENT-STEERING at most";
    VersionVariables "version-variables" bis "8" "variables need version 8";
    VersionSkip "version-skip" bis "8" "EXT-X-SKIP needs version 9";
    VersionSkipDates "version-skip-dates" bis "8" "RECENTLY-REMOVED-DATERANGES needs version 10";
    VersionQuery "version-query" bis "8" "QUERYPARAM needs version 11";
    VersionRequired "version-required" bis "8" "attributes whose names begin with REQ- need version 12";
    InterstitialAsset "interstitial-asset" bis "D" "an interstitial has X-ASSET-URI or X-ASSET-LIST, not both";
}
