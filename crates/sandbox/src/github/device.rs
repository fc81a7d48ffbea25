//! The device flow: a code is shown at one place and typed in at another.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::GitHub;
use super::authorize::split;
use super::fields::{Refusal, reply};
use super::store::Issued;
use crate::clock::Moment;
use crate::page::{ErrorPage, ask, escape, is_authorized, show};
use crate::params::Params;
use crate::{Shared, random};

pub(super) const PAGE: &str = "/login/device";

/// How long both codes work.
const LIFETIME: TimeDelta = TimeDelta::seconds(900);
/// What each poll that comes too early adds to the interval.
const PENALTY: u32 = 5;

/// A device that waits for a token.
pub(super) struct Device {
    device_code: String,
    user_code: String,
    scopes: Vec<String>,
    issued: Moment,
    /// In seconds.
    interval: u32,
    last_poll: Option<Moment>,
    /// What the user said, if anything yet.
    is_authorized: Option<bool>,
}

pub(super) async fn start(
    State(shared): State<Shared>,
    headers: HeaderMap,
    params: Params,
) -> Response {
    let mut world = shared.world();
    let now = world.clock.now();
    reply(&headers, world.github.start_device(&params, now))
}

pub(super) async fn page(params: Params) -> Response {
    let user_code = escape(params.get("user_code").unwrap_or_default());
    let content = format!(
        "<p><label>The code on your device: \
         <input id=\"user_code\" name=\"user_code\" value=\"{user_code}\"></label></p>"
    );
    ask("Authorize a device", PAGE, &content)
}

pub(super) async fn press(
    State(shared): State<Shared>,
    params: Params,
) -> Result<Response, ErrorPage> {
    let is_authorized = is_authorized(&params)?;
    let user_code = params.get("user_code").unwrap_or_default();
    let mut world = shared.world();
    let now = world.clock.now();
    if !world.github.decide_device(user_code, is_authorized, now) {
        return Err(ErrorPage::new(
            StatusCode::NOT_FOUND,
            "There is no such code.",
        ));
    }
    let message = if is_authorized {
        "The device is authorized."
    } else {
        "The device is not authorized: you cancelled it."
    };
    let content = format!("<p id=\"message\">{message}</p>");
    Ok(show(StatusCode::OK, "Authorize a device", &content))
}

impl GitHub {
    fn start_device(&mut self, params: &Params, now: Moment) -> Result<Value, Refusal> {
        // No answer to a wrong client ID is documented for this call: it is that of the poll.
        self.authenticate(params)?;
        self.allow_devices()?;
        let half = || random::pick(4, "BCDFGHJKLMNPQRSTVWXZ");
        let device = Device {
            device_code: random::hex(40),
            user_code: format!("{}-{}", half(), half()),
            scopes: params.get("scope").map(split).unwrap_or_default(),
            issued: now,
            interval: self.settings.device_interval,
            last_poll: None,
            is_authorized: None,
        };
        let answer = json!({
            "device_code": device.device_code,
            "user_code": device.user_code,
            "verification_uri": format!("{}{PAGE}", self.url),
            "expires_in": LIFETIME.num_seconds(),
            "interval": device.interval,
        });
        self.devices.push(device);
        Ok(answer)
    }

    fn allow_devices(&self) -> Result<(), Refusal> {
        if self.settings.device_flow {
            Ok(())
        } else {
            Err(Refusal::DEVICE_FLOW_DISABLED)
        }
    }

    /// Notes what the user said about a code that waits for it.
    pub(crate) fn decide_device(
        &mut self,
        user_code: &str,
        is_authorized: bool,
        now: Moment,
    ) -> bool {
        let user_code = user_code.trim();
        let device = self.devices.iter_mut().find(|device| {
            device.user_code.eq_ignore_ascii_case(user_code)
                && device.is_authorized.is_none()
                && now - device.issued < LIFETIME
        });
        let Some(device) = device else {
            return false;
        };
        device.is_authorized = Some(is_authorized);
        true
    }

    pub(super) fn for_device_code(
        &mut self,
        params: &Params,
        now: Moment,
    ) -> Result<Issued, Refusal> {
        self.authenticate(params)?;
        self.allow_devices()?;
        let device_code = params.get("device_code").unwrap_or_default();
        let is_it = |device: &Device| device.device_code == device_code;
        let found = self
            .devices
            .iter()
            .position(is_it)
            .ok_or(Refusal::INCORRECT_DEVICE_CODE)?;
        let device = &mut self.devices[found];
        if now - device.issued >= LIFETIME {
            return Err(Refusal::EXPIRED_TOKEN);
        }
        // The first poll may come at once, and a hasty one learns nothing of the decision.
        let interval = TimeDelta::seconds(device.interval.into());
        let last_poll = device.last_poll.replace(now);
        // A poll of the future, before the clock was turned back, makes nobody wait.
        if last_poll.is_some_and(|last| (TimeDelta::zero()..interval).contains(&(now - last))) {
            device.interval = device.interval.saturating_add(PENALTY);
            return Err(Refusal::slow_down(device.interval));
        }
        match device.is_authorized {
            None => Err(Refusal::AUTHORIZATION_PENDING),
            Some(false) => Err(Refusal::ACCESS_DENIED),
            Some(true) => {
                let device = self.devices.swap_remove(found);
                let expiring = self.settings.expiring_tokens;
                Ok(self.issue(device.scopes, expiring, true, now))
            }
        }
    }
}
