package org.postern.queue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Notify;
import org.postern.os.Octets;

/**
 * The fields behind a message in its file: each a letter, octets and a NUL. Kept as the octets they are, so that a
 * list of recipients costs what it has on disk.
 */
final class StoredEnvelope {
    static final int MAX_OCTETS = 16 << 20;
    /** What a submitter may hand in: there must be room for the owner's fields. */
    static final int MAX_SUBMITTED = MAX_OCTETS - 4096;
    /** qmail-queue's ADDR, its letter and NUL taken away. */
    static final int MAX_ADDRESS = 1002;

    private static final String NETWORK = "network";
    private static final String CLIENT = "client";
    private static final String BOUNCE = "bounce";

    private final byte[] octets;
    private final int firstRecipient;
    private final int recipients;
    private final String sender;
    private final Facts facts;
    private final DsnMail dsn;
    private final boolean smtputf8;

    /**
     * What the owner adds.
     *
     * @param taken seconds since 1970
     * @param uid the submitter's
     * @param told the number the submitter knows the message by
     * @param about the message that a bounce is about
     */
    record Facts(
            long taken,
            int uid,
            long told,
            Origin origin,
            @Nullable MessageName about) {}

    private StoredEnvelope(
            byte[] octets,
            int firstRecipient,
            int recipients,
            String sender,
            Facts facts,
            DsnMail dsn,
            boolean smtputf8) {
        this.octets = octets;
        this.firstRecipient = firstRecipient;
        this.recipients = recipients;
        this.sender = sender;
        this.facts = facts;
        this.dsn = dsn;
        this.smtputf8 = smtputf8;
    }

    /** qmail-queue's exit code for an envelope that cannot be queued; 0 for one that can. */
    static int check(Envelope envelope) {
        int fault = check(envelope.sender());
        long total = 0;
        for (String recipient : envelope.recipients()) {
            fault = fault == 0 ? check(recipient) : fault;
            total += recipient.length() + 2L;
        }
        for (DsnRcpt rcpt : envelope.dsnRcpts()) {
            total += rcpt.wanted().toString().length() + rcpt.orcpt().length() + 4L;
        }
        return fault != 0 ? fault : total > MAX_SUBMITTED ? QueueExit.REFUSED : 0;
    }

    private static int check(String address) {
        return address.length() > MAX_ADDRESS
                ? QueueExit.ADDRESS_TOO_LONG
                : address.indexOf('\0') >= 0 ? QueueExit.BAD_ENVELOPE : 0;
    }

    /** What a submitter writes into the drop. */
    static byte[] forDrop(Origin origin, Envelope envelope) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (origin != Origin.BOUNCE) {
            origin(out, origin);
        }
        wishes(out, envelope.dsn(), envelope.smtputf8());
        addresses(out, envelope);
        return out.toByteArray();
    }

    /** What the owner writes for a message of its own process. */
    static byte[] forQueue(Facts facts, Envelope envelope) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        facts(out, facts);
        wishes(out, envelope.dsn(), envelope.smtputf8());
        addresses(out, envelope);
        return out.toByteArray();
    }

    /** The same envelope as the owner writes it, under what it knows of the submitter. */
    byte[] taken(Facts known) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        facts(out, known);
        wishes(out, dsn, smtputf8);
        field(out, 'F', sender);
        byte[] head = out.toByteArray();
        byte[] all = Arrays.copyOf(head, head.length + octets.length - firstRecipient);
        System.arraycopy(octets, firstRecipient, all, head.length, octets.length - firstRecipient);
        return all;
    }

    private static void facts(ByteArrayOutputStream out, Facts facts) {
        field(out, 't', Long.toString(facts.taken));
        field(out, 'u', Integer.toUnsignedString(facts.uid));
        field(out, 'q', Long.toString(facts.told));
        origin(out, facts.origin);
        if (facts.about != null) {
            field(out, 'b', facts.about.text());
        }
    }

    private static void origin(ByteArrayOutputStream out, Origin origin) {
        switch (origin) {
            case NETWORK -> field(out, 'o', NETWORK);
            case CLIENT -> field(out, 'o', CLIENT);
            case BOUNCE -> field(out, 'o', BOUNCE);
            case LOCAL -> {}
        }
    }

    private static void wishes(ByteArrayOutputStream out, DsnMail dsn, boolean smtputf8) {
        if (smtputf8) {
            field(out, 'i', "");
        }
        if (dsn.ret() != DsnMail.Ret.UNSPECIFIED) {
            field(out, 'r', dsn.ret().name());
        }
        optional(out, 'e', dsn.envid());
    }

    private static void addresses(ByteArrayOutputStream out, Envelope envelope) {
        field(out, 'F', envelope.sender());
        for (int i = 0; i < envelope.recipients().size(); i++) {
            DsnRcpt rcpt = envelope.dsnRcpt(i);
            optional(out, 'n', rcpt.wanted().toString());
            optional(out, 'c', rcpt.orcpt());
            field(out, 'T', envelope.recipients().get(i));
        }
    }

    private static void optional(ByteArrayOutputStream out, char letter, String value) {
        if (!value.isEmpty()) {
            field(out, letter, value);
        }
    }

    private static void field(ByteArrayOutputStream out, char letter, String value) {
        out.write(letter);
        out.writeBytes(Octets.bytes(value));
        out.write(0);
    }

    /** Reads the fields; empty where they are none that we or a submitter of ours would have written. */
    static Optional<StoredEnvelope> parse(byte[] octets) {
        long taken = 0;
        long uid = 0;
        long told = 0;
        Origin origin = Origin.LOCAL;
        MessageName about = null;
        DsnMail dsn = DsnMail.NONE;
        boolean smtputf8 = false;
        int at = 0;
        while (at < octets.length && octets[at] != 'F') {
            int end = end(octets, at);
            if (end < 0) {
                return Optional.empty();
            }
            String value = Octets.of(octets, at + 1, end - at - 1);
            switch (octets[at]) {
                case 't' -> taken = number(value);
                case 'u' -> uid = number(value);
                case 'q' -> told = number(value);
                case 'o' ->
                    origin = switch (value) {
                        case NETWORK -> Origin.NETWORK;
                        case CLIENT -> Origin.CLIENT;
                        case BOUNCE -> Origin.BOUNCE;
                        default -> Origin.LOCAL;
                    };
                case 'i' -> smtputf8 = true;
                case 'b' -> about = MessageName.parse(value).orElse(null);
                case 'r' -> {
                    DsnMail.Ret ret = DsnMail.Ret.parse(value).orElse(null);
                    if (ret == null) {
                        return Optional.empty();
                    }
                    dsn = new DsnMail(ret, dsn.envid());
                }
                case 'e' -> {
                    if (!DsnMail.isEnvid(value)) {
                        return Optional.empty();
                    }
                    dsn = new DsnMail(dsn.ret(), value);
                }
                default -> {
                    return Optional.empty();
                }
            }
            at = end + 1;
        }
        int senderEnd = at < octets.length ? end(octets, at) : -1;
        if (senderEnd < 0 || senderEnd - at - 1 > MAX_ADDRESS || taken < 0 || uid < 0 || told < 0) {
            return Optional.empty();
        }
        int count = countRecipients(octets, senderEnd + 1);
        return count < 0
                ? Optional.empty()
                : Optional.of(new StoredEnvelope(
                        octets,
                        senderEnd + 1,
                        count,
                        Octets.of(octets, at + 1, senderEnd - at - 1),
                        new Facts(taken, (int) uid, told, origin, about),
                        dsn,
                        smtputf8));
    }

    /** Less than 0 where something else stands there, or wishes (n, c) that belong to nobody. */
    private static int countRecipients(byte[] octets, int from) {
        int count = 0;
        int at = from;
        boolean wishes = false;
        while (at < octets.length) {
            int end = end(octets, at);
            if (end < 0 || end - at - 1 > MAX_ADDRESS) {
                return -1;
            }
            boolean known = switch (octets[at]) {
                case 'n' ->
                    Notify.parse(Octets.of(octets, at + 1, end - at - 1)).isPresent();
                case 'c' -> DsnRcpt.isOrcpt(Octets.of(octets, at + 1, end - at - 1));
                default -> octets[at] == 'T';
            };
            if (!known) {
                return -1;
            }
            wishes = octets[at] != 'T';
            count += wishes ? 0 : 1;
            at = end + 1;
        }
        return wishes ? -1 : count;
    }

    /** The NUL behind the field that begins here with its letter; negative where there is none. */
    private static int end(byte[] octets, int field) {
        for (int i = field + 1; i < octets.length; i++) {
            if (octets[i] == 0) {
                return i;
            }
        }
        return -1;
    }

    private static long number(String digits) {
        long number = digits.isEmpty() || digits.length() > 18 ? -1 : 0;
        for (int i = 0; i < digits.length() && number >= 0; i++) {
            char c = digits.charAt(i);
            number = c >= '0' && c <= '9' ? 10 * number + c - '0' : -1;
        }
        return number;
    }

    String sender() {
        return sender;
    }

    Facts facts() {
        return facts;
    }

    DsnMail dsn() {
        return dsn;
    }

    boolean smtputf8() {
        return smtputf8;
    }

    int recipients() {
        return recipients;
    }

    /** As they are on disk; not to be changed. */
    byte[] raw() {
        return octets;
    }

    int octets() {
        return octets.length;
    }

    Cursor cursor() {
        return new Cursor(firstRecipient, 0);
    }

    /** Finds recipients by their number: of every so many it knows the place, so that a million cost little. */
    final class Index {
        private static final int STEP = 64;

        private final int[] places = new int[recipients / STEP + 1];

        Index() {
            for (Cursor all = cursor(); all.hasNext(); all.skip()) {
                if (all.index % STEP == 0) {
                    places[all.index / STEP] = all.at;
                }
            }
        }

        /** Whose {@link Cursor#next} is that recipient. */
        Cursor at(int recipient) {
            Cursor cursor = new Cursor(places[recipient / STEP], recipient - recipient % STEP);
            while (cursor.index < recipient) {
                cursor.skip();
            }
            return cursor;
        }
    }

    /** Goes through the recipients in their order. */
    final class Cursor {
        private int at;
        private int index;
        private DsnRcpt dsn = DsnRcpt.NONE;

        private Cursor(int at, int index) {
            this.at = at;
            this.index = index;
        }

        boolean hasNext() {
            return at < octets.length;
        }

        /** The number of the one that {@link #next} gives. */
        int index() {
            return index;
        }

        String next() {
            dsn = DsnRcpt.NONE;
            for (byte letter = octets[at]; letter != 'T'; letter = octets[at]) {
                String value = field();
                dsn = letter == 'n'
                        ? new DsnRcpt(Notify.parse(value).orElseThrow(), dsn.orcpt())
                        : new DsnRcpt(dsn.wanted(), value);
            }
            index++;
            return field();
        }

        private void skip() {
            while (octets[at] != 'T') {
                at = end(octets, at) + 1;
            }
            at = end(octets, at) + 1;
            index++;
        }

        /** What the sender wants to hear of the one that {@link #next} gave. */
        DsnRcpt dsn() {
            return dsn;
        }

        private String field() {
            int end = end(octets, at);
            String value = Octets.of(octets, at + 1, end - at - 1);
            at = end + 1;
            return value;
        }
    }
}
