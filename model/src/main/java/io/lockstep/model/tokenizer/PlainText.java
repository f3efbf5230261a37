package io.lockstep.model.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * A second instance of the tokenizer that has never heard of the special tokens, so that no text
 * can become one.
 *
 * <p>The library numbers the added tokens it is given itself. Without the special ones the others
 * move up; their ids are translated back.
 */
final class PlainText implements AutoCloseable {
  private static final Map<String, String> OPTIONS =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

  static {
    // Read when the library is first used: without them it reports to its makers over the network.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private final HuggingFaceTokenizer tokenizer;
  private final Map<Integer, Integer> realIds;

  private PlainText(HuggingFaceTokenizer tokenizer, Map<Integer, Integer> realIds) {
    this.tokenizer = tokenizer;
    this.realIds = realIds;
  }

  /** The library's tokenizer of these {@code tokenizer.json} bytes; nothing is downloaded. */
  static HuggingFaceTokenizer load(byte[] json) throws IOException {
    return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS);
  }

  static PlainText of(TokenizerFile file) throws IOException {
    HuggingFaceTokenizer tokenizer = load(file.content(false));
    Map<Integer, Integer> realIds = new TreeMap<>();
    for (TokenizerFile.AddedToken token : file.addedTokens()) {
      if (!token.special()) {
        long[] ids = tokenizer.encode(token.content(), false, false).getIds();
        if (ids.length != 1) {
          tokenizer.close();
          throw new InvalidTokenizerException(
              file.path(), "has the added token '" + token.content() + "' that is not one token");
        }
        realIds.put((int) ids[0], token.id());
      }
    }
    return new PlainText(tokenizer, realIds);
  }

  int[] encode(String text) {
    long[] ids = tokenizer.encode(text, false, false).getIds();
    int[] tokens = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      tokens[i] = realIds.getOrDefault((int) ids[i], (int) ids[i]);
    }
    return tokens;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
