package org.postern.send;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.config.Place;

/**
 * How many messages the destinations with a limit an hour have had in the last 60 minutes, by the minute. One that has
 * had all of them waits until a quarter of them is an hour old: it is not opened for each single message. Guarded by the
 * sender's lock.
 */
final class HourCounts {
    private static final int SECONDS = 60;
    /** A message of minute m may be from its last second, so it counts until m + 61 begins. */
    private static final int MINUTES = 61;
    /** So many destinations are remembered; the one that had no message for the longest time is forgotten first. */
    static final int MOST = 100_000;

    private final SenderClock clock;
    private final SendLog log;
    private final Map<String, Hour> hours = new LinkedHashMap<>();
    private boolean changed;

    private record Minute(long minute, int messages) {}

    private static final class Hour {
        final ArrayDeque<Minute> minutes = new ArrayDeque<>(2);
        int messages;

        @Nullable
        Instant waitsUntil;

        int limit;

        void add(long minute, int count) {
            Minute last = minutes.peekLast();
            boolean same = last != null && last.minute == minute;
            if (same) {
                minutes.removeLast();
            }
            minutes.add(new Minute(minute, count + (same && last != null ? last.messages : 0)));
            messages += count;
        }

        void forgetBefore(long minute) {
            while (!minutes.isEmpty() && minutes.getFirst().minute <= minute - MINUTES) {
                messages -= minutes.removeFirst().messages;
            }
        }

        /** When so many of the messages are over an hour old. */
        Instant whenFree(int wanted) {
            int free = 0;
            Instant when = Instant.EPOCH;
            Iterator<Minute> all = minutes.iterator();
            while (free < wanted && all.hasNext()) {
                Minute oldest = all.next();
                free += oldest.messages;
                when = Instant.ofEpochSecond((oldest.minute + MINUTES) * SECONDS);
            }
            return when;
        }
    }

    HourCounts(SenderClock clock, SendLog log) {
        this.clock = clock;
        this.log = log;
    }

    private long minute() {
        return clock.now().getEpochSecond() / SECONDS;
    }

    /** Whether one more message may begin, while so many are under way. */
    boolean hasRoom(Place place, int underWay) {
        int limit = place.limit().messagesPerHour();
        if (limit == 0) {
            return true;
        }
        Hour hour = hours.get(place.name());
        return waitsUntil(place) == null && (hour == null ? 0 : hour.messages) + underWay < limit;
    }

    /** When the destination gets its next message; null where it need not wait. The log has it once. */
    @Nullable
    Instant waitsUntil(Place place) {
        int limit = place.limit().messagesPerHour();
        Hour hour = limit == 0 ? null : hours.get(place.name());
        if (hour == null) {
            return null;
        }
        Instant until = hour.limit == limit ? hour.waitsUntil : null;
        if (until != null && clock.now().isBefore(until)) {
            return until;
        }
        hour.forgetBefore(minute());
        hour.limit = limit;
        hour.waitsUntil = null;
        if (hour.messages >= limit) {
            hour.waitsUntil = hour.whenFree(hour.messages - limit + Math.max(1, limit / 4));
            log.line("limit: " + shown(place) + " has had its " + limit + " messages an hour; mail for it waits until "
                    + hour.waitsUntil);
        }
        return hour.waitsUntil;
    }

    private static String shown(Place place) {
        return place.name().isEmpty() ? "the route of all other domains" : SendLog.safe(place.name());
    }

    /** It has had another one. */
    void count(Place place) {
        if (place.limit().messagesPerHour() > 0) {
            add(place.name(), minute(), 1);
        }
    }

    private void add(String name, long minute, int messages) {
        Hour hour = hours.remove(name);
        if (hour == null) {
            hour = new Hour();
        }
        hours.put(name, hour);
        hour.forgetBefore(minute());
        hour.add(minute, messages);
        changed = true;
        Iterator<String> oldest = hours.keySet().iterator();
        if (hours.size() > MOST) {
            oldest.next();
            oldest.remove();
        }
    }

    /** Something was counted since the last time. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** To be kept over a restart: minute, messages, name. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        hours.values().removeIf(hour -> {
            hour.forgetBefore(minute());
            return hour.minutes.isEmpty();
        });
        hours.forEach((name, hour) -> {
            if (name.chars().allMatch(c -> c >= ' ')) {
                hour.minutes.forEach(m -> lines.add(m.minute + " " + m.messages + " " + name));
            }
        });
        return lines;
    }

    /** Takes what {@link #lines} gave; what is damaged, of the future or too old is passed over. */
    void take(List<String> lines) {
        for (String line : lines) {
            String[] parts = line.split(" ", 3);
            if (parts.length == 3 && isNumber(parts[0]) && isNumber(parts[1])) {
                long minute = Long.parseLong(parts[0]);
                if (minute <= minute() && minute > minute() - MINUTES) {
                    add(parts[2], minute, Integer.parseInt(parts[1]));
                }
            }
        }
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
