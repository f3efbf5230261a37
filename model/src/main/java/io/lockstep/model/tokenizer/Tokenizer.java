package io.lockstep.model.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A model's byte-level BPE tokenizer.
 *
 * <p>Special tokens are reached by {@link #specialId} alone; {@link #encode} never makes one, so
 * that text cannot pretend to be structure. May be used by several threads.
 */
public final class Tokenizer implements AutoCloseable {

  /** File name of the tokenizer in a model folder. */
  public static final String FILE = "tokenizer.json";

  private final Path file;
  private final HuggingFaceTokenizer full;
  private final PlainText plain;
  private final SortedMap<String, Integer> specialIds;
  private final byte[][] bytes;
  private final boolean[] special;

  private Tokenizer(TokenizerFile source, HuggingFaceTokenizer full, PlainText plain)
      throws InvalidTokenizerException {
    this.file = source.path();
    this.full = full;
    this.plain = plain;
    this.bytes = source.bytesOfIds();
    this.special = new boolean[bytes.length];
    SortedMap<String, Integer> ids = new TreeMap<>();
    for (TokenizerFile.AddedToken token : source.addedTokens()) {
      if (token.special()) {
        ids.put(token.content(), token.id());
        special[token.id()] = true;
      }
    }
    this.specialIds = Collections.unmodifiableSortedMap(ids);
  }

  /**
   * Opens the {@code tokenizer.json} of a model folder.
   *
   * @throws InvalidTokenizerException if it is not a byte-level BPE tokenizer
   */
  public static Tokenizer open(Path folder) throws IOException {
    TokenizerFile source = TokenizerFile.read(folder.resolve(FILE));
    HuggingFaceTokenizer full = PlainText.load(source.content(true));
    try {
      PlainText plain = PlainText.of(source);
      try {
        return new Tokenizer(source, full, plain);
      } catch (IOException | RuntimeException e) {
        plain.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      full.close();
      throw e;
    }
  }

  /** Encodes text in which nothing is a special token, whatever it looks like. */
  public int[] encode(String text) {
    return plain.encode(text);
  }

  /**
   * Encodes a text of our own making in which special tokens are written out, as the public
   * libraries do. Never give it text from outside.
   */
  public int[] encodeTrusted(String text) {
    return Arrays.stream(full.encode(text, false, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  /** Decodes tokens, leaving special ones out; bytes that are not UTF-8 become U+FFFD. */
  public String decode(int[] tokens) {
    TextDecoder decoder = decoder();
    StringBuilder text = new StringBuilder();
    for (int token : tokens) {
      text.append(decoder.push(token));
    }
    return text.append(decoder.finish()).toString();
  }

  /** A decoder that takes tokens one by one. */
  public TextDecoder decoder() {
    return new TextDecoder(this);
  }

  /**
   * The id of a special token, such as {@code <|im_end|>}.
   *
   * @throws IllegalArgumentException if there is none with this content
   */
  public int specialId(String content) {
    Integer id = specialIds.get(content);
    if (id == null) {
      throw new IllegalArgumentException(
          "%s has no special token %s; it has %s".formatted(file, content, specialIds.keySet()));
    }
    return id;
  }

  /** Whether the id is that of a special token. */
  public boolean isSpecial(int id) {
    return id >= 0 && id < special.length && special[id];
  }

  /** All special tokens by content. */
  public SortedMap<String, Integer> specialIds() {
    return specialIds;
  }

  /** One more than the highest id; the model's embedding table may be larger. */
  public int size() {
    return bytes.length;
  }

  /** Whether an id stands for anything. */
  public boolean isUsed(int id) {
    return bytes(id).length > 0;
  }

  /** What an id stands for, for display; half a character shows as U+FFFD. */
  public String display(int id) {
    return new String(bytes(id), StandardCharsets.UTF_8);
  }

  /** The first id that stands for something else in another tokenizer. */
  public OptionalInt firstDifference(Tokenizer other) {
    return IntStream.range(0, Math.max(size(), other.size()))
        .filter(id ->
            isSpecial(id) != other.isSpecial(id) || !Arrays.equals(bytes(id), other.bytes(id)))
        .findFirst();
  }

  /** How many bytes of text an id stands for. */
  public int byteLength(int id) {
    return bytes(id).length;
  }

  /** The bytes of an id; none for ids of the embedding table that no token uses. */
  byte[] bytes(int id) {
    return id >= 0 && id < bytes.length ? bytes[id] : new byte[0];
  }

  @Override
  public void close() {
    full.close();
    plain.close();
  }
}
