//! Reusable views. None of them fetches anything.

pub(crate) mod add_folder;
pub(crate) mod banner;
pub(crate) mod controls;
pub(crate) mod icon;
pub(crate) mod menu;
pub(crate) mod notice;
pub(crate) mod overlays;
pub(crate) mod panels;
pub(crate) mod poster;
pub(crate) mod seek_bar;
