package org.postern.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.queue.Glob;
import org.postern.queue.Selection;

/**
 * A request as a line of JSON, ASCII, without a line feed: {@code {"do":"queue drop","form":"json","bounce":true,
 * "senders":["*@example.com"]}}. Octets above 127 are characters of that number.
 */
public final class RequestText {
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private RequestText() {}

    /** The line is no request. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        Malformed(String what) {
            super("no request: " + what);
        }
    }

    static String write(Request request) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("do", verb(request));
            json.writeStringField("form", request.form().name().toLowerCase(Locale.ROOT));
            if (request instanceof Request.QueueDrop drop) {
                json.writeBooleanField("bounce", drop.bounce());
            }
            switch (request) {
                case Request.Reload _ -> {}
                case Request.OfQueue q -> {
                    patterns(json, "ids", q.which().ids());
                    patterns(json, "senders", q.which().senders());
                    patterns(json, "recipients", q.which().recipients());
                    patterns(json, "destinations", q.which().destinations());
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter failed", e);
        }
        return text.toString();
    }

    private static String verb(Request request) {
        return switch (request) {
            case Request.Reload _ -> "reload";
            case Request.QueueList _ -> "queue list";
            case Request.QueueShow _ -> "queue show";
            case Request.QueueRetry _ -> "queue retry";
            case Request.QueueHold _ -> "queue hold";
            case Request.QueueRelease _ -> "queue release";
            case Request.QueueDrop _ -> "queue drop";
            case Request.ForgetTimeOuts _ -> "tcpok";
        };
    }

    private static void patterns(JsonGenerator json, String name, List<Glob> patterns) throws IOException {
        if (!patterns.isEmpty()) {
            json.writeArrayFieldStart(name);
            for (Glob pattern : patterns) {
                json.writeString(pattern.text());
            }
            json.writeEndArray();
        }
    }

    /** @throws Malformed also for what a later Postern might have asked */
    static Request read(String line) throws Malformed {
        Fields fields = new Fields();
        try (JsonParser json = JSON.createParser(line)) {
            json.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
            fields.read(json);
        } catch (Malformed e) {
            throw e;
        } catch (IOException e) {
            throw new Malformed("not a line of JSON");
        }
        return fields.request();
    }

    /** What stands in the line. */
    private static final class Fields {
        private String verb = "";
        private Request.Form form = Request.Form.TABLE;
        private boolean bounce;
        private final Map<String, List<String>> patterns = new HashMap<>();

        void read(JsonParser json) throws IOException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new Malformed("not an object");
            }
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                json.nextToken();
                switch (name) {
                    case "do" -> verb = text(json);
                    case "form" -> form = form(text(json));
                    case "bounce" -> bounce = json.getBooleanValue();
                    case "ids", "senders", "recipients", "destinations" -> patterns.put(name, texts(json));
                    default -> throw new Malformed("unknown field \"" + name + "\"");
                }
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new Malformed("more or less than one object");
            }
        }

        private static Request.Form form(String word) throws Malformed {
            return switch (word) {
                case "table" -> Request.Form.TABLE;
                case "json" -> Request.Form.JSON;
                default -> throw new Malformed("unknown form \"" + word + "\"");
            };
        }

        private static List<String> texts(JsonParser json) throws IOException {
            if (json.currentToken() != JsonToken.START_ARRAY) {
                throw new Malformed("patterns are no array");
            }
            List<String> texts = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                texts.add(text(json));
            }
            return texts;
        }

        private static String text(JsonParser json) throws IOException {
            String text = json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : null;
            if (text == null || text.chars().anyMatch(c -> c > 255)) {
                throw new Malformed("not a string of octets");
            }
            return text;
        }

        Request request() throws Malformed {
            return switch (verb) {
                case "reload" -> reload();
                case "queue list" -> new Request.QueueList(which(), form);
                case "queue show" -> new Request.QueueShow(which(), form);
                case "queue retry" -> new Request.QueueRetry(which(), form);
                case "queue hold" -> new Request.QueueHold(which(), form);
                case "queue release" -> new Request.QueueRelease(which(), form);
                case "queue drop" -> new Request.QueueDrop(which(), bounce, form);
                case "tcpok" -> new Request.ForgetTimeOuts();
                default -> throw new Malformed("unknown verb \"" + verb + "\"");
            };
        }

        private Request reload() throws Malformed {
            if (bounce || !patterns.isEmpty()) {
                throw new Malformed("a reload takes no selection");
            }
            return new Request.Reload(form);
        }

        private Selection which() throws Malformed {
            try {
                return Selection.of(of("ids"), of("senders"), of("recipients"), of("destinations"));
            } catch (IllegalArgumentException e) {
                throw new Malformed(String.valueOf(e.getMessage()));
            }
        }

        private List<String> of(String kind) {
            return patterns.getOrDefault(kind, List.of());
        }
    }
}
