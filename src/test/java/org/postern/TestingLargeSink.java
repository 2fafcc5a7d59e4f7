package org.postern;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A next hop without 8BITMIME that takes messages of any size, quoted-printable, without keeping their text. */
final class TestingLargeSink implements Closeable {
    private static final int LONGEST_LINE = 1000;

    private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final TestingLargeText text;
    private final List<Message> messages = new CopyOnWriteArrayList<>();
    private final Thread thread;

    /**
     * A message that came to its end.
     *
     * @param bodyHash of the body as it came, as DKIM's bh has it (this text has no blanks that relaxed would touch)
     * @param isText whether its body, decoded, has the text
     */
    record Message(String header, String bodyHash, boolean isText) {}

    TestingLargeSink(TestingLargeText text) throws IOException {
        this.text = text;
        thread = Thread.ofPlatform().daemon().name("large sink").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    List<Message> messages() {
        return messages;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try (Socket client = listener.accept()) {
                serve(client);
            } catch (IOException e) {
                continue; // The client has gone, or the test is over.
            }
        }
    }

    private void serve(Socket client) throws IOException {
        InputStream in = new BufferedInputStream(client.getInputStream(), 64 << 10);
        say(client, "220 sink ESMTP");
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            switch (line.substring(0, 4)) {
                case "EHLO" -> say(client, "250 sink");
                case "DATA" -> {
                    say(client, "354 go");
                    messages.add(message(in));
                    say(client, "250 queued");
                }
                case "QUIT" -> say(client, "221 bye");
                default -> say(client, "250 ok");
            }
        }
    }

    private static void say(Socket client, String line) throws IOException {
        client.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private Message message(InputStream in) throws IOException {
        StringBuilder header = new StringBuilder();
        for (String line = line(in); !line.equals("\r\n"); line = line(in)) {
            header.append(line);
        }
        TestingLargeText.Finder finder = text.new Finder();
        MessageDigest digest = sha256();
        for (String line = line(in); !line.equals(".\r\n"); line = line(in)) {
            String undotted = line.startsWith(".") ? line.substring(1) : line;
            digest.update(undotted.getBytes(StandardCharsets.ISO_8859_1));
            decode(undotted, finder);
        }
        return new Message(header.toString(), Base64.getEncoder().encodeToString(digest.digest()), finder.isFound());
    }

    /** RFC 2045 §6.7, as far as it is used here. */
    private static void decode(String line, TestingLargeText.Finder finder) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '=' && line.charAt(i + 1) == '\r') {
                return;
            }
            finder.octet((byte) (c == '=' ? Integer.parseInt(line, i + 1, i + 3, 16) : c));
            i += c == '=' ? 2 : 0;
        }
    }

    /** Of more than RFC 5321's 998 octets nothing is right. */
    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0; c = in.read()) {
            line.write(c);
            if (c == '\n') {
                return line.toString(StandardCharsets.ISO_8859_1);
            }
            if (line.size() > LONGEST_LINE) {
                throw new IOException("a line of more than " + LONGEST_LINE + " octets");
            }
        }
        return "";
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
