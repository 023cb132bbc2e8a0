/** Whether it is time to offer notices: somebody wrote while nobody looked, and the browser was never asked. */
class Offer {
  due = $state(false);
}

export const offer = new Offer();
