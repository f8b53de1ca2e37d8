/** Half of the way to a halt, in nats, is no place to promote from; a fair candidate gets there at most once in √(1/α) rollouts. */
export const LEANING = 0.5
