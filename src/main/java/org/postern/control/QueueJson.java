package org.postern.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;
import org.postern.queue.Listed;
import org.postern.send.QueueControl;

/** For machines: an object a line. Addresses are taken as UTF-8; what is none of it becomes U+FFFD. */
final class QueueJson implements QueueWriter {
    private final JsonGenerator json;
    private boolean any;

    QueueJson(OutputStream out) throws IOException {
        json = JsonFactory.builder().build().createGenerator(out);
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
        json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
    }

    @Override
    public void line(Listed message, QueueControl.State state, @Nullable String report) throws IOException {
        json.writeStartObject();
        fields(message, state, report);
        json.writeEndObject();
    }

    @Override
    public void whole(Listed message, QueueControl.State state, @Nullable String report, String header)
            throws IOException {
        json.writeStartObject();
        fields(message, state, report);
        json.writeStringField("header", text(header));
        json.writeEndObject();
    }

    private void fields(Listed message, QueueControl.State state, @Nullable String report) throws IOException {
        any = true;
        json.writeNumberField("id", message.name().id());
        json.writeNumberField("qp", message.told());
        json.writeStringField("file", message.name().text());
        json.writeStringField("queued", message.taken().toString());
        json.writeNumberField("size", message.size());
        json.writeNumberField("uid", Integer.toUnsignedLong(message.uid()));
        json.writeBooleanField("bounce", message.isBounce());
        json.writeBooleanField("failures", message.failures());
        switch (state) {
            case QueueControl.State.Held _ -> json.writeStringField("state", "held");
            case QueueControl.State.UnderWay _ -> json.writeStringField("state", "under way");
            case QueueControl.State.Waiting w -> {
                json.writeStringField("state", "waiting");
                json.writeStringField("due", w.due().toString());
            }
        }
        json.writeStringField("sender", text(message.sender()));
        json.writeArrayFieldStart("recipients");
        for (Listed.Recipient recipient : message.recipients()) {
            json.writeStartObject();
            json.writeStringField("address", text(recipient.address()));
            json.writeBooleanField("finished", recipient.finished());
            json.writeEndObject();
        }
        json.writeEndArray();
        if (report != null) {
            json.writeStringField("report", text(report));
        }
    }

    private static String text(String octets) {
        return Octets.isAscii(octets) ? octets : new String(Octets.bytes(octets), StandardCharsets.UTF_8);
    }

    @Override
    public void end() throws IOException {
        if (any) {
            json.writeRaw('\n');
        }
        json.flush();
    }

    @Override
    public void done(Verb verb, QueueControl.Touched touched, boolean runs) throws IOException {
        any = true;
        json.writeStartObject();
        json.writeStringField("did", verb.word);
        json.writeNumberField("messages", touched.messages());
        json.writeNumberField("recipients", touched.recipients());
        json.writeNumberField("partly", touched.partly());
        json.writeNumberField("under_way", touched.underWay());
        json.writeNumberField("held", touched.held());
        json.writeBooleanField("running", runs);
        json.writeEndObject();
        end();
    }
}
