package org.postern.gateway;

import org.postern.auth.Authentication;
import org.postern.auth.Authenticator;
import org.postern.auth.FailedLogins;
import org.postern.auth.Proof;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.tcp.IpAddress;

/** Who may log in, the same for all servers: one memory of failures, and a line in the log for each "no". */
final class Logins {
    private final Authenticator authenticator;
    private final FailedLogins failures = new FailedLogins();
    private final Events events;

    Logins(Authenticator authenticator, Events events) {
        this.authenticator = authenticator;
        this.events = events;
    }

    /** Decides. A "no" takes its time (docs/adr/0018). Of a login that is accepted nothing is said in the log. */
    Authentication decide(String protocol, long session, String user, Proof proof, IpAddress client) {
        Authentication answer = authenticator.authenticate(
                new Authenticator.Attempt(user, proof, client), line -> events.tell(new Event.Note(line)));
        switch (answer) {
            case Authentication.Accepted _ -> {}
            case Authentication.Refused refused -> {
                events.tell(new Event.LoginRefused(protocol, session, client.toString(), user, refused.reason()));
                holdBack(client);
            }
            case Authentication.Unavailable unavailable ->
                events.tell(new Event.Trouble("unable to decide the login of " + user + ": " + unavailable.reason()));
        }
        return answer;
    }

    private void holdBack(IpAddress client) {
        try {
            Thread.sleep(failures.failed(client.toString(), System.nanoTime()));
        } catch (InterruptedException e) {
            // The process is to end: answer at once.
            Thread.currentThread().interrupt();
        }
    }
}
