package org.postern.remote;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.postern.dkim.Choice;
import org.postern.mail.DeliveryResult.Deferred;

/** Keys that mail should be signed with and cannot be: its mail waits, with one alert for each, not one a message. */
final class KeyTroubles {
    private final Consumer<String> alerts;
    private final ConcurrentMap<String, String> told = new ConcurrentHashMap<>();

    KeyTroubles(Consumer<String> alerts) {
        this.alerts = alerts;
    }

    Deferred broken(Choice.Broken key) {
        if (!key.why().equals(told.put(key.domain(), key.why()))) {
            alerts.accept("alert: dkim: mail from " + key.domain() + " waits, its key cannot be used: " + key.why());
        }
        return new Deferred("Unable to sign for " + key.domain() + ": " + key.why() + " (#4.3.5)\n");
    }

    void works(String domain) {
        if (told.remove(domain) != null) {
            alerts.accept("dkim: the key of " + domain + " can be used again");
        }
    }
}
