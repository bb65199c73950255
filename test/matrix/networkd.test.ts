import { tellStory } from './story.ts';

tellStory('networkd');
