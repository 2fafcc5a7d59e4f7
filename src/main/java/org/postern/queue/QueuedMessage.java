package org.postern.queue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.MessageSource;

/** A message in the queue: its envelope is in memory, its text is read from the disk when wanted. */
public final class QueuedMessage implements MessageSource {
    private final MessageName name;
    private final Whereabouts where;
    private final MessageFile file;

    private QueuedMessage(MessageName name, Whereabouts where, MessageFile file) {
        this.name = name;
        this.where = where;
        this.file = file;
    }

    static QueuedMessage read(MessageName name, Whereabouts where) throws IOException {
        byte[] recent = where.recent();
        if (recent != null) {
            return new QueuedMessage(name, where, MessageFile.of(recent));
        }
        return Place.open(where, (channel, at) -> {
            try (FileChannel in = channel) {
                return new QueuedMessage(name, where, MessageFile.read(in, at.offset(), at.length(in)));
            }
        });
    }

    public MessageName name() {
        return name;
    }

    public long id() {
        return name.id();
    }

    public String sender() {
        return file.envelope().sender();
    }

    /** When it was taken into the queue. */
    public Instant taken() {
        return Instant.ofEpochSecond(file.envelope().facts().taken());
    }

    /** Where it comes from. */
    public Origin origin() {
        return file.envelope().facts().origin();
    }

    /** The submitter's uid. */
    public int uid() {
        return file.envelope().facts().uid();
    }

    /** The number the submitter knows it by. */
    public long told() {
        return file.envelope().facts().told();
    }

    /** The message that this one is the bounce of. */
    public Optional<MessageName> about() {
        return Optional.ofNullable(file.envelope().facts().about());
    }

    /** What the sender says of notices about it. */
    public DsnMail dsn() {
        return file.envelope().dsn();
    }

    /** Whether addresses and header may be UTF-8 (RFC 6531): the sender has said so. */
    public boolean smtputf8() {
        return file.envelope().smtputf8();
    }

    public int recipientCount() {
        return file.envelope().recipients();
    }

    /** What the envelope costs in memory. */
    public int envelopeOctets() {
        return file.envelope().octets();
    }

    /** What a list of the queue needs to know. */
    public Outline outline(@Nullable Marks marks) {
        return file.outline(marks);
    }

    /** Finds recipients by their numbers. */
    public RecipientIndex recipientIndex() {
        return new RecipientIndex(file.envelope().new Index());
    }

    /** The recipients by their numbers. */
    public final class RecipientIndex {
        private final StoredEnvelope.Index index;

        private RecipientIndex(StoredEnvelope.Index index) {
            this.index = index;
        }

        /** A walk whose {@link Recipients#next} goes to that recipient; false there where the message has no such number. */
        public Recipients from(int recipient) {
            return new Recipients(index.at(Math.clamp(recipient, 0, recipientCount())));
        }
    }

    /** Goes through the recipients, from the first. */
    public Recipients recipients() {
        return new Recipients(file.envelope().cursor());
    }

    /** A walk through the recipients in their order. */
    public static final class Recipients {
        private final StoredEnvelope.Cursor cursor;
        private int index = -1;
        private String address = "";

        private Recipients(StoredEnvelope.Cursor cursor) {
            this.cursor = cursor;
        }

        /** Goes to the next; false when there is none. */
        public boolean next() {
            if (!cursor.hasNext()) {
                return false;
            }
            index = cursor.index();
            address = cursor.next();
            return true;
        }

        /** The recipient's number, by which marks name it. */
        public int index() {
            return index;
        }

        public String address() {
            return address;
        }

        /** What the sender wants to hear of this recipient. */
        public DsnRcpt dsn() {
            return cursor.dsn();
        }
    }

    @Override
    public InputStream open() throws IOException {
        byte[] recent = where.recent();
        if (recent != null) {
            return new ByteArrayInputStream(recent, 0, (int) file.messageLength());
        }
        return Place.open(
                where,
                (channel, at) ->
                        new Text(Channels.newInputStream(channel.position(at.offset())), file.messageLength()));
    }

    @Override
    public long size() {
        return file.messageLength();
    }

    /** The file up to where the envelope begins. */
    private static final class Text extends FilterInputStream {
        private long left;

        Text(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                return -1;
            }
            int octet = whole(super.read());
            left--;
            return octet;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = whole(in.read(into, offset, (int) Math.min(length, left)));
            left -= n;
            return n;
        }

        /** A message never ends early without a word: half of it must not be delivered. */
        private static int whole(int n) throws IOException {
            if (n < 0) {
                throw new MessageFile.Malformed("message became shorter while being read");
            }
            return n;
        }

        @Override
        public long skip(long n) throws IOException {
            long skipped = in.skip(Math.min(n, left));
            left -= skipped;
            return skipped;
        }

        @Override
        public int available() throws IOException {
            return (int) Math.min(in.available(), left);
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
