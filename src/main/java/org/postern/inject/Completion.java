package org.postern.inject;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.mail.Quoting;
import org.postern.os.Octets;
import org.postern.queue.ReceivedLine;

/** Makes a complete header of the one that a user's program has written (qmail-header(5), qmail-inject(8)). */
public final class Completion {
    private static final DateTimeFormatter SERIAL =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final String NOT_SHOWN = "recipient list not shown: ;\n";

    private final Request request;
    private final List<String> kept = new ArrayList<>();
    private final Set<FieldName> seen = EnumSet.noneOf(FieldName.class);
    private final List<String> recipients = new ArrayList<>();
    private final List<String> resentRecipients = new ArrayList<>();
    private final List<String> shown = new ArrayList<>();
    private @Nullable String sender;

    /**
     * What is wanted.
     *
     * @param sender the envelope's sender where the command line has it
     * @param fromHeader whether the header's recipients get the message; if not, what cannot be read there does no harm
     * @param lists addresses of mailing lists, in lower case: a message to one of them gets a Mail-Followup-To
     * @param when stands in Date and Message-ID
     * @param id distinguishes messages of one second, in Message-ID
     * @param idhost host of Message-ID
     */
    public record Request(
            Addresses addresses,
            Author author,
            Letters letters,
            Optional<String> sender,
            boolean fromHeader,
            Set<String> lists,
            Instant when,
            long id,
            String idhost) {
        public Request {
            lists = Set.copyOf(lists);
        }
    }

    /** How it went. */
    public sealed interface Outcome {
        /**
         * Done.
         *
         * @param header all its fields, without the empty line
         * @param sender of the envelope
         * @param recipients those that the header names
         */
        record Completed(String header, String sender, List<String> recipients) implements Outcome {
            public Completed {
                recipients = List.copyOf(recipients);
            }
        }

        /** @param field what cannot be read, with its line feed */
        record Malformed(String field) implements Outcome {}
    }

    private static final class MalformedField extends Exception {
        private static final long serialVersionUID = 1L;
        private final String field;

        MalformedField(String field) {
            super("malformed field", null, false, false);
            this.field = field;
        }
    }

    private Completion(Request request) {
        this.request = request;
        sender = request.sender.orElse(null);
    }

    public static Outcome complete(HeaderReader.Header.Fields header, Request request) {
        Completion completion = new Completion(request);
        try {
            for (String field : header.fields()) {
                completion.take(field);
            }
            return completion.finished();
        } catch (MalformedField e) {
            return new Outcome.Malformed(e.field);
        }
    }

    private void take(String field) throws MalformedField {
        FieldName name = FieldName.of(field).orElse(null);
        if (name == null) {
            kept.add(field);
            return;
        }
        if (isDropped(name)) {
            return;
        }
        seen.add(name);
        String complete = switch (name.holds) {
            case TEXT -> field;
            case SENDERS -> addresses(field, new ArrayList<>());
            case ENVELOPE_SENDER -> returnPath(field);
            case RECIPIENTS -> recipients(field, name, recipients);
            case RESENT_RECIPIENTS -> recipients(field, name, resentRecipients);
        };
        switch (name) {
            case BCC, RESENT_BCC, RETURN_PATH, CONTENT_LENGTH -> {}
            default -> kept.add(complete);
        }
    }

    private boolean isDropped(FieldName name) {
        return switch (name) {
            case FROM -> request.letters.dropFrom();
            case MESSAGE_ID -> request.letters.dropMessageId();
            case RETURN_PATH -> request.letters.ignoreReturnPath();
            default -> false;
        };
    }

    private String addresses(String field, List<String> found) throws MalformedField {
        return request.addresses.completeField(field, found::add).orElseThrow(() -> new MalformedField(field));
    }

    private String recipients(String field, FieldName name, List<String> into) throws MalformedField {
        List<String> found = new ArrayList<>();
        Optional<String> complete = request.addresses.completeField(field, found::add);
        if (complete.isEmpty() && request.fromHeader) {
            throw new MalformedField(field);
        }
        found.removeIf(String::isEmpty);
        into.addAll(found);
        if (name == FieldName.TO || name == FieldName.CC) {
            shown.addAll(found);
        }
        return complete.orElse(field);
    }

    /** The first address counts. */
    private String returnPath(String field) throws MalformedField {
        List<String> found = new ArrayList<>();
        String complete = addresses(field, found);
        if (sender == null && !found.isEmpty()) {
            sender = found.getFirst() + (request.letters.perRecipient() ? "-@[]" : "");
        }
        return complete;
    }

    private Outcome finished() throws MalformedField {
        boolean resent = seen.stream().anyMatch(FieldName::isResent);
        String envelopeSender = sender == null ? defaultSender() : sender;
        StringBuilder header = new StringBuilder();
        if (resent) {
            addMissing(header, FieldName.RESENT_DATE, "Resent-Date: " + date());
            addMissing(header, FieldName.RESENT_MESSAGE_ID, "Resent-Message-ID: " + messageId());
            addMissing(header, FieldName.RESENT_FROM, from("Resent-From"));
            if (!seen.contains(FieldName.RESENT_TO)) {
                addMissing(header, FieldName.RESENT_CC, "Resent-Cc: " + NOT_SHOWN);
            }
        } else {
            addMissing(header, FieldName.DATE, "Date: " + date());
            addMissing(header, FieldName.MESSAGE_ID, "Message-ID: " + messageId());
            addMissing(header, FieldName.FROM, from("From"));
            if (!seen.contains(FieldName.TO)) {
                addMissing(header, FieldName.CC, "Cc: " + NOT_SHOWN);
            }
            addMissing(header, FieldName.MAIL_FOLLOWUP_TO, followUp());
        }
        kept.forEach(header::append);
        return new Outcome.Completed(header.toString(), envelopeSender, resent ? resentRecipients : recipients);
    }

    private void addMissing(StringBuilder header, FieldName name, String field) {
        if (!seen.contains(name)) {
            header.append(field);
        }
    }

    private String date() {
        return ReceivedLine.date(request.when) + "\n";
    }

    private String messageId() {
        return "<" + SERIAL.format(request.when) + "." + request.id + ".qmail@" + request.idhost + ">\n";
    }

    private String from(String fieldName) throws MalformedField {
        Author author = request.author;
        String user = withoutControls(author.user());
        Token word =
                Quoting.address(user).equals(user) && user.indexOf('@') < 0 ? Token.word(user) : Token.quoted(user);
        List<Token> field = new ArrayList<>(request.addresses
                .complete(word, author.host())
                .orElseThrow(() -> new MalformedField(fieldName + ": " + author.user() + "@" + author.host() + "\n")));
        author.name().map(Completion::withoutControls).ifPresent(name -> {
            if (request.letters.addressComment()) {
                field.add(new Token(Token.Kind.COMMENT, escapedComment(name)));
            } else {
                field.addFirst(Token.LEFT);
                field.addFirst(Token.quoted(name));
                field.add(Token.RIGHT);
            }
        });
        return FieldText.field(fieldName, field);
    }

    private static String escapedComment(String name) {
        return name.replaceAll("([()\\\\])", "\\\\$1");
    }

    /** A line feed out of the environment must not begin a field of its own. */
    private static String withoutControls(String text) {
        return text.replaceAll("[\\x00-\\x1f\\x7f]", " ");
    }

    private String defaultSender() throws MalformedField {
        Author author = request.author;
        StringBuilder user = new StringBuilder(author.senderUser());
        if (request.letters.perMessage()) {
            user.append('-').append(request.when.getEpochSecond()).append('.').append(request.id);
        }
        if (request.letters.perRecipient()) {
            user.append('-');
        }
        List<Token> address = request.addresses
                .complete(Token.quoted(user.toString()), author.senderHost())
                .orElseThrow(() -> new MalformedField("Return-Path: " + user + "@" + author.senderHost() + "\n"));
        return FieldText.address(address) + (request.letters.perRecipient() ? "-@[]" : "");
    }

    private String followUp() {
        boolean toList = shown.stream().anyMatch(address -> request.lists.contains(Octets.lowerCase(address)));
        if (!toList) {
            return "";
        }
        return "Mail-Followup-To: "
                + String.join(",\n  ", shown.stream().map(Quoting::address).toList()) + "\n";
    }
}
