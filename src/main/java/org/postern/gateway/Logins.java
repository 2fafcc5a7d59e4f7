package org.postern.gateway;

import java.time.Duration;
import org.postern.auth.Authentication;
import org.postern.auth.Authenticator;
import org.postern.auth.FailedLogins;
import org.postern.auth.Proof;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;
import org.postern.users.Lookup;

/** Who may log in, the same for all servers: one memory of failures, and a line in the log for each "no". */
final class Logins {
    private final Authenticator authenticator;
    private final FailedLogins ofAddresses = new FailedLogins();
    private final FailedLogins ofUsers = new FailedLogins();
    private final Events events;

    Logins(Authenticator authenticator, Events events) {
        this.authenticator = authenticator;
        this.events = events;
    }

    /** Whether an account has that name. Where that cannot be told, it has. */
    boolean isAccount(String name) {
        return !(authenticator.accounts().find(name, _ -> {}) instanceof Lookup.Unknown);
    }

    /** Decides. A "no" takes its time (docs/adr/0018). Of a login that is accepted nothing is said in the log. */
    Authentication decide(String protocol, long session, String user, Proof proof, IpAddress client) {
        Authentication answer = authenticator.authenticate(
                new Authenticator.Attempt(user, proof, client), line -> events.tell(new Event.Note(line)));
        switch (answer) {
            case Authentication.Accepted _ -> {}
            case Authentication.Refused refused -> {
                events.tell(new Event.LoginRefused(protocol, session, client.toString(), user, refused.reason()));
                holdBack(client, user);
            }
            case Authentication.Unavailable unavailable ->
                events.tell(new Event.Trouble("unable to decide the login of " + user + ": " + unavailable.reason()));
        }
        return answer;
    }

    /** Guessing from many addresses is slow as well: who fails waits for the longer of the two. */
    private void holdBack(IpAddress client, String user) {
        long now = System.nanoTime();
        Duration ofAddress = ofAddresses.failed(client.network().toString(), now);
        Duration ofUser = ofUsers.failed(Octets.lowerCase(user), now);
        try {
            Thread.sleep(ofAddress.compareTo(ofUser) > 0 ? ofAddress : ofUser);
        } catch (InterruptedException e) {
            // The process is to end: answer at once.
            Thread.currentThread().interrupt();
        }
    }
}
