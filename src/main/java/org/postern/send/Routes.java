package org.postern.send;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.config.Place;
import org.postern.config.SendSettings;
import org.postern.os.Octets;

/** Decides which recipients are local: qmail-send's rewrite(). Asked at every try, so a changed setting counts at once. */
public final class Routes {
    private final SendSettings settings;
    private final Places places;

    /** For one who asks what is local, and no more. */
    public Routes(SendSettings settings) {
        this(settings, Place::of);
    }

    Routes(SendSettings settings, Places places) {
        this.settings = settings;
        this.places = places;
    }

    /** The address as it is delivered on this machine; empty where it is another's. */
    public Optional<String> local(String recipient) {
        return switch (route(recipient)) {
            case Route.Local local -> Optional.of(local.address());
            case Route.Remote _ -> Optional.empty();
        };
    }

    public Route route(String recipient) {
        String address = complete(recipient);
        int at = address.lastIndexOf('@');
        String domain = lower(address.substring(at + 1));
        if (settings.locals().contains(domain)) {
            return new Route.Local(address);
        }
        String prepend = prepend(address, at);
        return prepend == null
                ? new Route.Remote(address, places.of(domain))
                : new Route.Local(prepend + "-" + address);
    }

    /** The address with its domain, as bounces name it. */
    String complete(String recipient) {
        String address = recipient.indexOf('@') < 0 ? recipient + "@" + settings.envnoathost() : recipient;
        int at = address.lastIndexOf('@');
        // percenthack: user%host@domain is user@host, again and again.
        while (settings.percenthack().contains(lower(address.substring(at + 1)))) {
            int percent = address.lastIndexOf('%', at - 1);
            if (percent < 0) {
                break;
            }
            address = address.substring(0, percent) + "@" + address.substring(percent + 1, at);
            at = percent;
        }
        return address;
    }

    /** The whole address, the domain, each of its .suffixes, and the empty key, in this order; the first found counts. */
    private @Nullable String prepend(String address, int at) {
        Map<String, String> virtual = settings.virtualdomains();
        if (virtual.isEmpty()) {
            return null;
        }
        String lower = lower(address);
        for (int i = 0; i <= lower.length(); i++) {
            boolean tried = i == 0 || i == at + 1 || i == lower.length() || (i > at && lower.charAt(i) == '.');
            String prepend = tried ? virtual.get(lower.substring(i)) : null;
            if (prepend != null) {
                return prepend.isEmpty() ? null : prepend;
            }
        }
        return null;
    }

    private static String lower(String text) {
        return Octets.lowerCase(text);
    }
}
