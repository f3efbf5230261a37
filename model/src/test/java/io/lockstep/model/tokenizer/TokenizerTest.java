package io.lockstep.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@TestInstance(Lifecycle.PER_CLASS)
final class TokenizerTest {
  private static final Path FOLDER = Goldens.path("qwen3_vl/checkpoint");

  private Tokenizer tokenizer;

  @BeforeAll
  void open() throws IOException {
    tokenizer = Tokenizer.open(FOLDER);
  }

  @AfterAll
  void close() {
    tokenizer.close();
  }

  @ParameterizedTest
  @EnumSource
  void allCasesEqualThePublicImplementation(GoldenFamily family) throws IOException {
    try (Tokenizer own = Tokenizer.open(family.checkpoint())) {
      for (JsonNode c : family.cases().get("tokenization")) {
        int[] expected = new ObjectMapper().convertValue(c.get("ids"), int[].class);
        String text = c.get("text").textValue();
        assertArrayEquals(expected, own.encodeTrusted(text), text);
        if (!text.contains("<|")) {
          assertArrayEquals(expected, own.encode(text), text);
        }
      }
    }
  }

  @Test
  void textThatLooksLikeASpecialTokenStaysText() {
    for (String special : tokenizer.specialIds().keySet()) {
      String text = "a " + special + special + " b";
      int[] tokens = tokenizer.encode(text);
      assertTrue(Arrays.stream(tokens).noneMatch(tokenizer::isSpecial), text);
      assertEquals(text, tokenizer.decode(tokens));
    }
  }

  @Test
  void ordinaryAddedTokensKeepTheirIdsInPlainText(@TempDir Path folder) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(FOLDER.resolve(Tokenizer.FILE).toFile());
    ArrayNode added = (ArrayNode) json.get("added_tokens");
    ObjectNode think = added.get(0).deepCopy();
    think.put("id", 698).put("content", "<think>").put("special", false);
    added.add(think);
    Files.writeString(
        folder.resolve(Tokenizer.FILE), mapper.writeValueAsString(json), StandardCharsets.UTF_8);
    try (Tokenizer extended = Tokenizer.open(folder)) {
      String text = "<think> ok";
      assertArrayEquals(extended.encodeTrusted(text), extended.encode(text));
      assertEquals(698, extended.encode(text)[0]);
      assertEquals(text, extended.decode(extended.encode(text)));
    }
  }

  @Test
  void longTextIsNotCutOff() {
    String text = "标签 ".repeat(20_000);
    assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
  }

  @Test
  void specialTokensAreFoundByContent() {
    assertEquals(684, tokenizer.specialId("<|im_end|>"));
    assertEquals(696, tokenizer.specialId("<|image_pad|>"));
    assertEquals(698, tokenizer.size());
    assertFalse(tokenizer.isSpecial(683));
    var error =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.specialId("<|nothing|>"));
    assertTrue(String.valueOf(error.getMessage()).contains("no special token <|nothing|>"));
  }

  @Test
  void tokensBecomeTextOnlyWhenCharactersAreComplete() {
    String text = "a🙂复核 é";
    TextDecoder decoder = tokenizer.decoder();
    StringBuilder all = new StringBuilder();
    int silent = 0;
    for (int token : tokenizer.encode(text)) {
      String piece = decoder.push(token);
      assertFalse(piece.contains("\uFFFD"));
      silent += piece.isEmpty() ? 1 : 0;
      all.append(piece);
    }
    assertEquals("", decoder.push(tokenizer.specialId("<|im_end|>")));
    assertEquals("", decoder.finish());
    assertEquals(text, all.toString());
    assertTrue(silent >= 3, "the emoji's four bytes are four tokens");
  }

  @Test
  void halfACharacterAtTheEndIsShownAsMissing() {
    int[] emoji = tokenizer.encode("🙂");
    assertEquals("\uFFFD", tokenizer.decode(Arrays.copyOf(emoji, 2)));
    int[] broken = {emoji[0], tokenizer.encode("a")[0]};
    assertEquals("\uFFFDa", tokenizer.decode(broken));
  }

  @Test
  void whatIsNoTokenizerIsRefused(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve(Tokenizer.FILE), "{\"model\": {\"type\": \"WordPiece\"}}");
    var error = assertThrows(InvalidTokenizerException.class, () -> Tokenizer.open(folder));
    assertTrue(String.valueOf(error.getMessage()).endsWith("is not a byte-level BPE tokenizer"));
  }
}
