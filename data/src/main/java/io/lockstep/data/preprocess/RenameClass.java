package io.lockstep.data.preprocess;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import java.util.List;

/**
 * Gives a class, and what is below it, another name: what follows the class stays as it is.
 *
 * @param from its name in the file
 * @param to the other one
 */
@Key("Gives a class, and what is below it, another name: what follows the class stays as it is.")
public record RenameClass(
    @Key(value = "Its name in the file.", pattern = TEXT, patternInWords = TEXT_IN_WORDS)
        String from,
    @Key(value = "The other one.", pattern = TEXT, patternInWords = TEXT_IN_WORDS) String to)
    implements Preprocessor, Checked {

  static final String TEXT = ".*\\S.*";
  static final String TEXT_IN_WORDS = "a text that is not blank";

  @Override
  public void check(Place section) {
    Description.problem(to)
        .ifPresent(wrong -> section.at("to").problem("would be written, which " + wrong));
  }

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().map(this::renamed).toList();
  }

  private DataObject renamed(DataObject object) {
    return Description.isOf(object.desc(), List.of(from))
        ? new DataObject(to + Description.below(object.desc(), from), object.geometry())
        : object;
  }
}
