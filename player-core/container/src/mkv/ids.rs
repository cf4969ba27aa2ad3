//! Element identifiers (RFC 9559 §5), with their length marks.

pub(super) const EBML: u32 = 0x1a45_dfa3;
pub(super) const DOC_TYPE: u32 = 0x4282;
pub(super) const SEGMENT: u32 = 0x1853_8067;
pub(super) const SEEK_HEAD: u32 = 0x114d_9b74;
pub(super) const SEEK: u32 = 0x4dbb;
pub(super) const SEEK_ID: u32 = 0x53ab;
pub(super) const SEEK_POSITION: u32 = 0x53ac;

pub(super) const INFO: u32 = 0x1549_a966;
pub(super) const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
pub(super) const DURATION: u32 = 0x4489;

pub(super) const TRACKS: u32 = 0x1654_ae6b;
pub(super) const TRACK_ENTRY: u32 = 0xae;
pub(super) const TRACK_NUMBER: u32 = 0xd7;
pub(super) const TRACK_UID: u32 = 0x73c5;
pub(super) const TRACK_TYPE: u32 = 0x83;
pub(super) const FLAG_DEFAULT: u32 = 0x88;
pub(super) const FLAG_FORCED: u32 = 0x55aa;
pub(super) const DEFAULT_DURATION: u32 = 0x23_e383;
pub(super) const NAME: u32 = 0x536e;
pub(super) const LANGUAGE: u32 = 0x22_b59c;
pub(super) const LANGUAGE_BCP47: u32 = 0x22_b59d;
pub(super) const CODEC_ID: u32 = 0x86;
pub(super) const CODEC_PRIVATE: u32 = 0x63a2;
pub(super) const CODEC_DELAY: u32 = 0x56aa;
pub(super) const VIDEO: u32 = 0xe0;
pub(super) const FLAG_INTERLACED: u32 = 0x9a;
pub(super) const PIXEL_WIDTH: u32 = 0xb0;
pub(super) const PIXEL_HEIGHT: u32 = 0xba;
pub(super) const DISPLAY_WIDTH: u32 = 0x54b0;
pub(super) const DISPLAY_HEIGHT: u32 = 0x54ba;
pub(super) const PIXEL_CROP: [u32; 4] = [0x54aa, 0x54bb, 0x54cc, 0x54dd];
pub(super) const PROJECTION: u32 = 0x7670;
pub(super) const PROJECTION_POSE_ROLL: u32 = 0x7675;
pub(super) const AUDIO: u32 = 0xe1;
pub(super) const SAMPLING_FREQUENCY: u32 = 0xb5;
pub(super) const CHANNELS: u32 = 0x9f;
pub(super) const CONTENT_ENCODINGS: u32 = 0x6d80;
pub(super) const CONTENT_ENCODING: u32 = 0x6240;
pub(super) const CONTENT_ENCODING_SCOPE: u32 = 0x5032;
pub(super) const CONTENT_COMPRESSION: u32 = 0x5034;
pub(super) const CONTENT_COMP_ALGO: u32 = 0x4254;
pub(super) const CONTENT_COMP_SETTINGS: u32 = 0x4255;

pub(super) const CUES: u32 = 0x1c53_bb6b;
pub(super) const CUE_POINT: u32 = 0xbb;
pub(super) const CUE_TIME: u32 = 0xb3;
pub(super) const CUE_TRACK_POSITIONS: u32 = 0xb7;
pub(super) const CUE_TRACK: u32 = 0xf7;
pub(super) const CUE_CLUSTER_POSITION: u32 = 0xf1;
pub(super) const CUE_RELATIVE_POSITION: u32 = 0xf0;

pub(super) const CHAPTERS: u32 = 0x1043_a770;
pub(super) const EDITION_ENTRY: u32 = 0x45b9;
pub(super) const CHAPTER_ATOM: u32 = 0xb6;
pub(super) const CHAPTER_TIME_START: u32 = 0x91;
pub(super) const CHAPTER_FLAG_HIDDEN: u32 = 0x98;
pub(super) const CHAPTER_DISPLAY: u32 = 0x80;
pub(super) const CHAP_STRING: u32 = 0x85;

pub(super) const TAGS: u32 = 0x1254_c367;
pub(super) const TAG: u32 = 0x7373;
pub(super) const TARGETS: u32 = 0x63c0;
pub(super) const TAG_TRACK_UID: u32 = 0x63c5;
pub(super) const SIMPLE_TAG: u32 = 0x67c8;
pub(super) const TAG_NAME: u32 = 0x45a3;
pub(super) const TAG_STRING: u32 = 0x4487;

pub(super) const ATTACHMENTS: u32 = 0x1941_a469;

pub(super) const CLUSTER: u32 = 0x1f43_b675;
pub(super) const TIMESTAMP: u32 = 0xe7;
pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
pub(super) const BLOCK_GROUP: u32 = 0xa0;
pub(super) const BLOCK: u32 = 0xa1;
pub(super) const REFERENCE_BLOCK: u32 = 0xfb;

/// Whether this element stands directly in a segment: where one begins, a cluster without a size has ended.
pub(super) fn is_level_one(id: u32) -> bool {
    matches!(id, CLUSTER | CUES | TAGS | CHAPTERS | ATTACHMENTS | SEEK_HEAD | INFO | TRACKS | SEGMENT | EBML)
}
