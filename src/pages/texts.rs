//! `/terms` and `/privacy`: short and true.

use leptos::prelude::*;

use crate::components::PageTitle;

/// What everyone agrees to.
#[component]
pub fn Terms() -> impl IntoView {
    PageTitle::set("Terms");
    view! {
        <article class="text">
            <h1 class="title">"Terms"</h1>
            <p>"Perkoon connects two browsers so that one can send files to the other. By using it you agree to this:"</p>
            <ul>
                <li>"Send only what you have the right to send, and nothing that is against the law where you or the receiver are."</li>
                <li>"Do not use Perkoon to harm people or their devices, or to disturb the service for others."</li>
                <li>"Whoever has the code or the link can open the session. Give it only to those who are meant to have the files."</li>
                <li>"Check what you receive before you open it. Nobody but the sender has seen it."</li>
                <li>
                    "Perkoon is free and comes without any warranty. Keep your own copies: the service does not have one and cannot bring anything back."
                </li>
            </ul>
            <p>"The program is open source under the MIT licence."</p>
        </article>
    }
}

/// What is known about whom.
#[component]
pub fn Privacy() -> impl IntoView {
    PageTitle::set("Privacy");
    view! {
        <article class="text">
            <h1 class="title">"Privacy"</h1>
            <h2 class="subtitle">"Your files"</h2>
            <p>
                "Files and their names go from browser to browser over an encrypted connection (WebRTC). The Perkoon server never sees a file's name or a byte of a file. When two devices cannot reach each other directly, a relay may pass the encrypted data on; it cannot read it."
            </p>
            <h2 class="subtitle">"What the server sees"</h2>
            <p>
                "To bring the two devices together, the server handles the session's code, when it was made and when it expires, the network addresses that connect to it, and the messages by which the devices find each other. Sessions are forgotten when they expire. Network addresses also limit how many requests are taken per minute."
            </p>
            <h2 class="subtitle">"What the other device sees"</h2>
            <p>"A direct connection shows each device the other's network address."</p>
            <h2 class="subtitle">"What this browser keeps"</h2>
            <p>
                "That you accepted the terms, your theme and the confirmations you switched off; for this tab, the key to a session you started. Files on their way may be kept in the browser's private storage until they are saved. There are no cookies, no analytics and nothing from other sites."
            </p>
        </article>
    }
}
